package tq

import (
	"encoding/json"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// An outcome is what a command did, for programs: with -o json a line is one.
type outcome struct {
	Outcome string        `json:"outcome"` // "paused", "dropped"; "none": a dry run, or it was not wanted
	Would   string        `json:"would,omitempty"`
	Queue   string        `json:"queue,omitempty"`
	Kind    string        `json:"type,omitempty"`
	Cron    string        `json:"cron,omitempty"`
	ID      *taskqueue.ID `json:"id,omitempty"`
	Tasks   *int64        `json:"tasks,omitempty"`
	URL     string        `json:"url,omitempty"`
}

// did tells what was done: the sentence to people, the outcome to programs.
func (a *app) did(o outcome, format string, args ...any) error {
	if a.output == "json" {
		e := json.NewEncoder(a.process.Stdout)
		e.SetEscapeHTML(false)
		return e.Encode(o)
	}
	return a.say(format, args...)
}
