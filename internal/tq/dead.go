package tq

import (
	"context"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A groupView are dead letters that died alike.
type groupView struct {
	Queue       string       `json:"queue"`
	Kind        string       `json:"type"`
	Fingerprint string       `json:"fingerprint"`
	Count       int          `json:"count"`
	First       time.Time    `json:"first"`
	Last        time.Time    `json:"last"`
	Example     taskqueue.ID `json:"example"`
}

// groupDead lists what dead letters have in common, the largest group of each queue
// first.
func (s *session) groupDead(ctx context.Context, f *filter, limit int) error {
	infos, err := s.client.Queues(ctx, f.queues...)
	if err != nil {
		return err
	}
	now := time.Now()
	views := []groupView{}
	table := console.Table{Columns: console.Columns("QUEUE", "TYPE", ">COUNT", "LAST", "WHAT THEY HAVE IN COMMON", "EXAMPLE")}
	for i := range infos {
		if infos[i].Dead == 0 {
			continue
		}
		groups, seen, all, err := s.client.DeadGroups(ctx, infos[i].Queue)
		if err != nil {
			return err
		}
		if !all {
			s.note("looked at the newest %d dead letters of queue %s", seen, infos[i].Queue)
		}
		for _, g := range groups {
			if len(views) == limit {
				s.note("these are the first %d; --limit shows more", limit)
				return s.show(views, &table, "")
			}
			if f.kind != "" && g.Kind != f.kind || !strings.Contains(strings.ToLower(g.Latest.Reason), f.failure) {
				continue
			}
			views = append(views, groupView{infos[i].Queue, g.Kind, g.Fingerprint, g.Count, g.First, g.Last, g.Latest.ID})
			table.Add(infos[i].Queue, g.Kind, g.Count, console.Ago(g.Last, now), console.Short(g.Fingerprint, 80), g.Latest.ID)
		}
	}
	return s.show(views, &table, "no dead letters")
}
