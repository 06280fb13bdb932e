package tq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func (a *app) tasks() *cobra.Command {
	return group("tasks", "List, show, cancel, retry, drop and export tasks", []string{"task", "t"},
		a.listTasks(nil), a.showTask(), a.change(&cancelling, nil), a.change(&retrying, nil), a.change(&dropping, nil), a.reschedule(), a.export(nil))
}

// dead is the same for dead letters.
func (a *app) dead() *cobra.Command {
	only := []string{taskqueue.StateDead.String()}
	return group("dlq", "List, group, retry, drop and export dead letters", []string{"dead"},
		a.listTasks(only), a.showTask(), a.change(&retrying, only), a.change(&dropping, only), a.export(only))
}

// A taskView is a task for programs.
type taskView struct {
	ID       taskqueue.ID  `json:"id"`
	Queue    string        `json:"queue"`
	State    string        `json:"state"`
	Kind     string        `json:"type,omitempty"`
	Version  uint16        `json:"version,omitempty"`
	Priority int           `json:"priority,omitempty"`
	Attempts int           `json:"attempts"`
	Max      int           `json:"max_attempts,omitempty"`
	Lost     int           `json:"lost,omitempty"`
	Enqueued time.Time     `json:"enqueued"`
	Ready    *time.Time    `json:"ready,omitempty"`
	Ended    *time.Time    `json:"ended,omitempty"`
	Key      string        `json:"key,omitempty"`
	Reason   string        `json:"reason,omitempty"`
	Failures []failureView `json:"failures,omitempty"`
	Headers  []string      `json:"headers,omitempty"` // their names
	Bytes    int           `json:"payload_bytes"`
	Payload  any           `json:"payload,omitempty"`
	Raw      []byte        `json:"payload_msgpack,omitempty"`
	Result   any           `json:"result,omitempty"`
}

type failureView struct {
	At      time.Time `json:"at"`
	Attempt int       `json:"attempt"`
	Reason  string    `json:"reason"`
}

func viewTask(e *taskqueue.Entry) taskView {
	v := taskView{ID: e.ID, Queue: e.Queue, State: e.State.String(), Enqueued: e.ID.Time(), Reason: failureOf(e)}
	if s := e.Shape; s.Kind != "" {
		v.Kind, v.Version = s.Kind, max(s.Version, 1)
	}
	if e.State != taskqueue.Scheduled && !e.At.IsZero() {
		v.Ended = &e.At
	}
	m := e.Message
	if m == nil {
		return v
	}
	v.Kind, v.Version, v.Priority, v.Key = m.Kind, max(m.Version, 1), int(m.Priority), m.Key
	v.Attempts, v.Max, v.Lost, v.Bytes = int(m.Attempts), int(m.Max), int(m.Lost), len(m.Payload)
	if !m.Ready.IsZero() {
		v.Ready = &m.Ready
	}
	for _, f := range m.Failures {
		v.Failures = append(v.Failures, failureView{f.At, int(f.Attempt), f.Reason})
	}
	for _, h := range m.Headers {
		v.Headers = append(v.Headers, h.Key)
	}
	return v
}

const listLong = `List tasks: the next to run first, and of dead letters the newest.

It looks at the first --scan tasks of each queue and state, and says so where there are more.`

func (a *app) listTasks(only []string) *cobra.Command {
	f := filter{states: only}
	var limit, scan int
	var quiet, grouped bool
	cmd := &cobra.Command{Use: "ls", Short: "List them", Aliases: []string{"list"}, Long: listLong, Args: cobra.NoArgs}
	f.flags(a, cmd, only == nil)
	cmd.Flags().IntVar(&limit, "limit", 50, "how many to list")
	cmd.Flags().IntVar(&scan, "scan", 10_000, "how many to look at, of each queue and state")
	cmd.Flags().BoolVar(&quiet, "ids", false, "print ids alone, a line each")
	if only != nil {
		cmd.Flags().BoolVar(&grouped, "group", false, "group those that died alike")
	}
	cmd.RunE = a.with(func(ctx context.Context, s *session, _ []string) error {
		if err := f.read(); err != nil {
			return console.Misuse(err)
		}
		if limit < 1 || scan < 1 {
			return console.Misuse(errors.New("--limit and --scan begin at 1"))
		}
		if grouped {
			return s.groupDead(ctx, &f, limit)
		}
		found, err := s.find(ctx, &f, limit, scan)
		if err != nil {
			return err
		}
		return s.printTasks(found, quiet)
	})
	return cmd
}

// find collects tasks that are meant.
func (s *session) find(ctx context.Context, f *filter, limit, scan int) ([]taskqueue.Entry, error) {
	places, err := s.places(ctx, f)
	if err != nil {
		return nil, err
	}
	var found []taskqueue.Entry
	for _, p := range places {
		look := scan
		if !f.narrow() {
			look = min(scan, limit-len(found))
		}
		all, err := s.scan(ctx, p, f, look, func(page []taskqueue.Entry) (bool, error) {
			found = append(found, page...)
			return len(found) < limit, nil
		})
		if err != nil {
			return nil, err
		}
		switch {
		case len(found) >= limit:
			s.note("these are the first %d; --limit shows more", limit)
			return found[:limit], nil
		case !all:
			s.note("looked at the first %d %s tasks of queue %s; --scan looks further", scan, p.state, p.queue)
		}
	}
	return found, nil
}

func (s *session) printTasks(found []taskqueue.Entry, quiet bool) error {
	if quiet {
		for i := range found {
			if err := s.say("%v", found[i].ID); err != nil {
				return err
			}
		}
		return nil
	}
	now := time.Now()
	views := make([]taskView, 0, len(found))
	table := console.Table{Columns: console.Columns("ID", "QUEUE", "STATE", "TYPE", ">TRY", "WHEN", "LAST FAILURE")}
	for i := range found {
		e := &found[i]
		v := viewTask(e)
		views = append(views, v)
		table.Add(e.ID, e.Queue, stateCell(e.State), v.Kind, fmt.Sprintf("%d/%d", v.Attempts, v.Max), console.Ago(whenOf(e), now), console.Short(v.Reason, 60))
	}
	return s.show(views, &table, "no such tasks")
}

func stateCell(state taskqueue.State) console.Cell {
	looks := map[taskqueue.State]console.Look{
		taskqueue.StateDead: console.Bad, parked: console.Warn, taskqueue.Active: console.Good, taskqueue.StateDone: console.Good,
	}
	return console.Cell{Text: state.String(), Look: looks[state]}
}

func (a *app) showTask() *cobra.Command {
	var raw bool
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show a task: where it is, its failures, its payload", Args: cobra.ExactArgs(1),
		Long: "Show a task. Of its payload those fields are shown that the schemas of workers describe, without\nthose that are secret; --raw shows all of it, and the values of headers, which can hold secrets.",
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "show what can hold secrets, too")
	cmd.RunE = a.with(func(ctx context.Context, s *session, args []string) error {
		id, err := taskqueue.ParseID(args[0])
		if err != nil {
			return console.Misuse(err)
		}
		e, err := s.client.Find(ctx, id)
		if err != nil {
			return missing(err)
		}
		v := viewTask(&e)
		if err := s.reveal(ctx, &e, &v, raw); err != nil {
			return err
		}
		if s.output == "json" {
			return console.JSON(s.process.Stdout, v)
		}
		return s.printTask(&e, &v)
	})
	return cmd
}

// missing explains why a task may not be found.
func missing(err error) error {
	if errors.Is(err, taskqueue.ErrNotFound) {
		return fmt.Errorf("%w: it is done and its outcome is not kept, it was dropped, or it waits behind 10,000 others", err)
	}
	return err
}

func (s *session) printTask(e *taskqueue.Entry, v *taskView) error {
	now := time.Now()
	table := console.Table{Columns: console.Columns("FIELD", "VALUE")}
	add := func(name string, value any, there bool) {
		if there {
			table.Add(name, value)
		}
	}
	table.Add("id", v.ID)
	table.Add("queue", v.Queue)
	table.Add("state", stateCell(e.State))
	add("type", fmt.Sprintf("%s, version %d", v.Kind, v.Version), v.Kind != "")
	add("priority", v.Priority, v.Priority != 0)
	add("key", v.Key, v.Key != "")
	table.Add("enqueued", stamp(v.Enqueued, now))
	if v.Ready != nil {
		name := "ready"
		if e.State == taskqueue.Scheduled {
			name = "due"
		}
		table.Add(name, stamp(*v.Ready, now))
	}
	if v.Ended != nil {
		table.Add("ended", stamp(*v.Ended, now))
	}
	add("attempts", fmt.Sprintf("%d of %d", v.Attempts, v.Max), v.Max > 0)
	add("lost", fmt.Sprintf("%d times in a row, with its worker", v.Lost), v.Lost > 0)
	add("reason", console.Cell{Text: v.Reason, Look: console.Bad}, v.Reason != "")
	for _, f := range v.Failures {
		table.Add(fmt.Sprintf("failure %d", f.Attempt), console.Ago(f.At, now)+": "+f.Reason)
	}
	for _, h := range v.Headers {
		table.Add("header", h)
	}
	add("payload", fmt.Sprintf("%d bytes; not shown: no worker has told its schema (--raw shows it)", v.Bytes), v.Payload == nil && v.Bytes > 0)
	if v.Payload != nil {
		text, err := json.Marshal(v.Payload)
		if err != nil {
			return err
		}
		table.Add("payload", string(text))
	}
	add("progress", fmt.Sprintf("%d bytes", len(e.Progress)), len(e.Progress) > 0)
	add("result", fmt.Sprintf("%d bytes; not shown: no worker has told its schema (--raw shows it)", len(e.Result)), v.Result == nil && len(e.Result) > 0)
	if v.Result != nil {
		text, err := json.Marshal(v.Result)
		if err != nil {
			return err
		}
		table.Add("result", string(text))
	}
	return table.Print(s.process.Stdout, s.process.Colours())
}

func stamp(t, now time.Time) string {
	return fmt.Sprintf("%s (%s)", t.UTC().Format("2006-01-02 15:04:05.000 MST"), console.Ago(t, now))
}
