package measure

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A Lister tells which tasks are due next. See [broker.Inspector].
type Lister interface {
	List(ctx context.Context, q broker.ListQuery) (broker.Page, error)
}

const (
	dueEvery = 2 * time.Second
	dueLimit = 200 // tasks of a queue that are looked at; the others are like them
)

// LookAhead counts the scheduled tasks that fall due within a horizon, now and then:
// the next observations tell of them. Where more of a queue are due than it looks at,
// they are taken to come as close to each other as those.
func (s *Sum) LookAhead(ctx context.Context, store Lister, infos []broker.QueueInfo, now time.Time, horizon time.Duration) error {
	if now.Sub(s.dueAt) < dueEvery {
		return nil
	}
	s.dueAt = now
	for i, q := range s.queues {
		s.due[i] = nil
		if infos[i].Scheduled == 0 {
			continue
		}
		page, err := store.List(ctx, broker.ListQuery{Queue: q.Name, State: broker.Scheduled, Limit: dueLimit})
		if err != nil {
			return fmt.Errorf("looking at scheduled tasks of %s: %w", q.Name, err)
		}
		s.due[i] = s.ahead(page.Entries, now, horizon, int(infos[i].Scheduled))
	}
	return nil
}

// ahead counts what falls due, by kind; of so many scheduled tasks the entries are
// the first.
func (s *Sum) ahead(entries []broker.Entry, now time.Time, horizon time.Duration, total int) []int {
	due, n := make([]int, len(s.kinds)), 0
	for i := range entries {
		e := &entries[i]
		if e.Message == nil || e.At.After(now.Add(horizon)) {
			continue
		}
		n++
		if k := slices.Index(s.kinds, e.Message.Kind); k >= 0 {
			due[k]++
		}
	}
	if n < dueLimit || n == 0 {
		return due
	}
	span := entries[n-1].At.Sub(now) // in which those of the page are due
	all := float64(total)
	if span > 0 {
		all = min(all, float64(n)*float64(horizon)/float64(span))
	}
	for k := range due {
		due[k] = int(float64(due[k]) * all / float64(n))
	}
	return due
}

// dueOf is how many tasks of a kind fall due in a queue.
func (s *Sum) dueOf(queue, kind int) int {
	if kind < len(s.due[queue]) {
		return s.due[queue][kind]
	}
	return 0
}
