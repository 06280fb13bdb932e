package taskqueue

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// NoLimit as Concurrency, MaxTasks or Rate.N of a [QueueConfig] lifts what was
// published for the queue before. Zero leaves it as it is.
const NoLimit = -1

// limitsTable has a row for each queue: what code has published for it last. So
// a limit that somebody has changed while all runs is not undone by each worker
// that starts, but by one whose code says something new.
const limitsTable = "limits"

// A declaration is what the code of a worker says about the limits of a queue.
type declaration struct {
	MaxTasks    int64 `json:"max_tasks,omitempty"` // here and below 0: nothing
	Concurrency int64 `json:"concurrency,omitempty"`
	Rate        Rate  `json:"rate,omitzero"`

	// Groups are those of the kinds that the code knows; zero: without a limit.
	Groups map[string]Limit `json:"groups,omitempty"`
}

// declare lists what a worker says of each of its queues.
func declare(queues []string, table *QueueTable, tasks []Task) map[string]declaration {
	groups := make(map[string]Limit, len(tasks))
	for _, t := range tasks {
		groups[t.Kind.group()] = t.Kind.Settings.Limit
	}
	all := make(map[string]declaration, len(queues))
	for _, name := range queues {
		q, _ := table.Get(name)
		all[name] = declaration{MaxTasks: q.MaxTasks, Concurrency: q.Concurrency, Rate: q.Rate, Groups: groups}
	}
	return all
}

// apply changes settings where d says something else than was published.
func (d *declaration) apply(s *broker.Settings, published *declaration) {
	if d.MaxTasks != 0 && d.MaxTasks != published.MaxTasks {
		s.MaxTasks = lift(d.MaxTasks)
	}
	if d.Concurrency != 0 && d.Concurrency != published.Concurrency {
		s.Concurrency = lift(d.Concurrency)
	}
	if d.Rate != (Rate{}) && d.Rate != published.Rate {
		s.Rate = lifted(d.Rate)
	}
	for group, limit := range d.Groups {
		if limit != published.Groups[group] {
			s.Groups = withGroup(s.Groups, group, limit)
		}
	}
}

// over is what is published once d is: other programs' kinds stay.
func (d *declaration) over(published declaration) declaration {
	for _, n := range []struct{ to, from *int64 }{{&published.MaxTasks, &d.MaxTasks}, {&published.Concurrency, &d.Concurrency}} {
		if *n.from != 0 {
			*n.to = *n.from
		}
	}
	if d.Rate != (Rate{}) {
		published.Rate = d.Rate
	}
	for group, limit := range d.Groups {
		published.Groups = withGroup(published.Groups, group, limit)
	}
	return published
}

// lift is a number as stores know it.
func lift(n int64) int64 {
	if n == NoLimit {
		return 0
	}
	return n
}

// lifted is a rate as stores know it.
func lifted(r Rate) Rate {
	if r.N == NoLimit {
		return Rate{}
	}
	return r
}

// withGroup is a copy of groups with another limit of one of them.
func withGroup(groups map[string]Limit, group string, limit Limit) map[string]Limit {
	if groups[group] == limit {
		return groups
	}
	groups = maps.Clone(groups)
	if groups == nil {
		groups = make(map[string]Limit)
	}
	groups[group] = limit
	if limit == (Limit{}) {
		delete(groups, group)
	}
	return groups
}

// same reports whether there is nothing to publish.
func (d declaration) same(other declaration) bool {
	return d.MaxTasks == other.MaxTasks && d.Concurrency == other.Concurrency && d.Rate == other.Rate && maps.Equal(d.Groups, other.Groups)
}

// publishTries is how often a store that answers may refuse the limits before the
// worker goes on without them: a full one has tasks to be drained.
const publishTries = 5

// publishLimits makes what the code says hold for all processes, before the first
// task is claimed. It goes on trying while the store does not answer, and so many
// times if it does; false: that was in vain.
func (c *Client) publishLimits(ctx context.Context, all map[string]declaration, log *slog.Logger, tries int) (done bool) {
	names := slices.Sorted(maps.Keys(all))
	for n, failed := 0, 0; failed < tries; n++ {
		answers, err := c.publishAll(ctx, names, all)
		switch {
		case err == nil || ctx.Err() != nil || errors.Is(err, ErrClosed):
			return true
		case errors.Is(err, ErrInvalid) || errors.Is(err, ErrTooLarge):
			log.Error("the limits of queues cannot be published; they are as they were", "error", err)
			return true
		case n == 0:
			log.Warn("the limits of queues are not published yet; trying again", "error", err)
		}
		if answers {
			failed++
		}
		pause(ctx, c.ctx, min(time.Duration(n+1)*100*time.Millisecond, 2*time.Second))
	}
	return false
}

// publishAll publishes what is new. answers is whether the store could be read.
func (c *Client) publishAll(ctx context.Context, names []string, all map[string]declaration) (answers bool, err error) {
	rows, err := c.broker.Records(ctx, limitsTable, names...)
	if err != nil {
		return false, err
	}
	stored := make(map[string]broker.Record, len(rows))
	for _, r := range rows {
		stored[r.Name] = r
	}
	for _, name := range names {
		row := stored[name]
		row.Name = name
		if err := c.publishLimit(ctx, row, all[name]); err != nil {
			return true, err
		}
	}
	return true, nil
}

// publishLimit publishes what is new about one queue: for the workers first, then
// for those who publish after it. If somebody else does so at the same time, both
// look again.
func (c *Client) publishLimit(ctx context.Context, row broker.Record, d declaration) error {
	for {
		var published declaration
		if len(row.Data) > 0 && json.Unmarshal(row.Data, &published) != nil {
			published = declaration{} // of a release that has another form
		}
		next := d.over(published)
		if next.same(published) {
			return nil
		}
		if err := c.configure(ctx, row.Name, func(s *broker.Settings) { d.apply(s, &published) }); err != nil {
			return err
		}
		data, err := json.Marshal(next)
		if err != nil {
			return err
		}
		_, err = c.broker.Put(ctx, limitsTable, broker.Record{Name: row.Name, Data: data, If: row.Version})
		if !errors.Is(err, broker.ErrStale) {
			return err
		}
		rows, err := c.broker.Records(ctx, limitsTable, row.Name)
		if err != nil {
			return err
		}
		row = broker.Record{Name: row.Name}
		if len(rows) > 0 {
			row = rows[0]
		}
	}
}
