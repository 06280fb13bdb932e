package tq

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func (a *app) queues() *cobra.Command {
	list := &cobra.Command{Use: "ls [QUEUE…]", Short: "List queues", Aliases: []string{"list"}, RunE: a.with(listQueues)}
	show := &cobra.Command{Use: "show QUEUE", Short: "Show a queue with its limits and its oldest task", Args: cobra.ExactArgs(1), RunE: a.with(showQueue)}
	pause := &cobra.Command{
		Use: "pause QUEUE…", Short: "Keep all workers from taking its tasks, until resume", Args: cobra.MinimumNArgs(1),
		RunE: a.with(each("paused", func(ctx context.Context, s *session, queue string) error { return s.client.Pause(ctx, queue) })),
	}
	resume := &cobra.Command{
		Use: "resume QUEUE…", Short: "End a pause", Args: cobra.MinimumNArgs(1),
		RunE: a.with(each("resumed", func(ctx context.Context, s *session, queue string) error { return s.client.Resume(ctx, queue) })),
	}
	cmd := group("queues", "List, pause, drain, purge and limit queues", []string{"queue", "q"}, list, show, pause, resume, a.drain(), a.purge(), a.limit())
	for _, c := range cmd.Commands() {
		c.ValidArgsFunction = a.completeQueues
	}
	return cmd
}

// completeQueues are the queues of the store, for shells.
func (a *app) completeQueues(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	// Without a store there is nothing to offer.
	_ = a.with(func(ctx context.Context, s *session, _ []string) error {
		infos, err := s.client.Queues(ctx)
		for _, q := range infos {
			names = append(names, q.Queue)
		}
		return err
	})(cmd, nil)
	return names, cobra.ShellCompDirectiveNoFileComp
}

// A queueView is a queue for programs.
type queueView struct {
	Queue     string     `json:"queue"`
	Paused    bool       `json:"paused"`
	Closed    bool       `json:"closed,omitempty"`
	Pending   int64      `json:"pending"`
	Scheduled int64      `json:"scheduled"`
	Parked    int64      `json:"parked"`
	Active    int64      `json:"active"`
	Dead      int64      `json:"dead"`
	Workers   int64      `json:"workers"`
	Enqueued  int64      `json:"enqueued"`
	Done      int64      `json:"done"`
	Retried   int64      `json:"retried"`
	Died      int64      `json:"died"`
	Lost      int64      `json:"lost"`
	Discarded int64      `json:"discarded"`
	Deleted   int64      `json:"deleted"`
	Limits    limitsView `json:"limits,omitzero"`
}

type limitsView struct {
	MaxTasks    int64                `json:"max_tasks,omitempty"`
	Rate        string               `json:"rate,omitempty"`
	Burst       int64                `json:"burst,omitempty"`
	Concurrency int64                `json:"concurrency,omitempty"`
	Kinds       map[string]kindLimit `json:"kinds,omitempty"`
}

type kindLimit struct {
	Rate           string `json:"rate,omitempty"`
	Burst          int64  `json:"burst,omitempty"`
	Concurrency    int64  `json:"concurrency,omitempty"`
	KeyRate        string `json:"key_rate,omitempty"`
	KeyBurst       int64  `json:"key_burst,omitempty"`
	KeyConcurrency int64  `json:"key_concurrency,omitempty"`
}

func viewQueue(q *taskqueue.QueueInfo) queueView {
	v := queueView{
		Queue: q.Queue, Paused: q.Settings.Paused, Closed: q.Settings.Closed,
		Pending: q.Pending, Scheduled: q.Scheduled, Parked: q.Parked, Active: q.Active, Dead: q.Dead, Workers: q.Sessions,
		Enqueued: q.Enqueued, Done: q.Done, Retried: q.Retried, Died: q.Died, Lost: q.Lost, Discarded: q.Discarded, Deleted: q.Deleted,
		Limits: limitsView{
			MaxTasks: q.Settings.MaxTasks, Rate: rateText(q.Settings.Rate), Burst: q.Settings.Rate.Burst, Concurrency: q.Settings.Concurrency,
		},
	}
	for kind, l := range q.Settings.Groups {
		if v.Limits.Kinds == nil {
			v.Limits.Kinds = make(map[string]kindLimit)
		}
		v.Limits.Kinds[kind] = kindLimit{
			Rate: rateText(l.Rate), Burst: l.Rate.Burst, Concurrency: l.Concurrency,
			KeyRate: rateText(l.KeyRate), KeyBurst: l.KeyRate.Burst, KeyConcurrency: l.KeyConcurrency,
		}
	}
	return v
}

func listQueues(ctx context.Context, s *session, names []string) error {
	infos, err := s.client.Queues(ctx, names...)
	if err != nil {
		return err
	}
	views := make([]queueView, 0, len(infos))
	table := console.Table{Columns: console.Columns("QUEUE", ">PENDING", ">SCHEDULED", ">PARKED", ">ACTIVE", ">DEAD", ">WORKERS", ">DONE", "STATE")}
	for i := range infos {
		v := viewQueue(&infos[i])
		views = append(views, v)
		state := console.Cell{}
		if v.Closed {
			state = console.Cell{Text: "closed", Look: console.Warn}
		}
		if v.Paused {
			state = console.Cell{Text: "paused", Look: console.Warn}
		}
		table.Add(v.Queue, console.Number(v.Pending, console.Plain), console.Number(v.Scheduled, console.Plain), console.Number(v.Parked, console.Warn),
			console.Number(v.Active, console.Plain), console.Number(v.Dead, console.Bad), console.Number(v.Workers, console.Plain), console.Number(v.Done, console.Plain), state)
	}
	return s.show(views, &table, "no queues: nothing was ever enqueued here")
}

var errNoQueue = errors.New("no queue")

// known is the queue of a name, which must have been used or configured.
func (s *session) known(ctx context.Context, name string) (*taskqueue.QueueInfo, error) {
	infos, err := s.client.Queues(ctx, name)
	if err != nil {
		return nil, err
	}
	q := &infos[0]
	if q.Enqueued == 0 && q.Settings.Version == 0 && q.Sessions == 0 {
		return nil, fmt.Errorf("%w %s: nothing was ever enqueued there; `tq queues ls` lists those that there are", errNoQueue, name)
	}
	return q, nil
}

func showQueue(ctx context.Context, s *session, args []string) error {
	q, err := s.known(ctx, args[0])
	if err != nil {
		return err
	}
	oldest, err := s.oldest(ctx, q)
	if err != nil {
		return err
	}
	v := struct {
		queueView
		Oldest *time.Time `json:"oldest_ready,omitempty"`
	}{queueView: viewQueue(q)}
	table := console.Table{Columns: console.Columns("FIELD", "VALUE")}
	if !oldest.IsZero() {
		v.Oldest = &oldest
		table.Add("oldest task", "ready "+console.Ago(oldest, time.Now()))
	}
	addQueue(&table, &v.queueView)
	return s.show(v, &table, "")
}

func addQueue(table *console.Table, v *queueView) {
	if v.Paused {
		table.Add("paused", console.Cell{Text: "yes: `tq queues resume " + v.Queue + "` ends it", Look: console.Warn})
	}
	if v.Closed {
		table.Add("closed", console.Cell{Text: "by a drain: new tasks are refused; `tq queues resume " + v.Queue + "` opens it", Look: console.Warn})
	}
	for _, row := range []struct {
		name string
		n    int64
	}{
		{"pending", v.Pending}, {"scheduled", v.Scheduled}, {"parked", v.Parked}, {"active", v.Active}, {"dead", v.Dead}, {"workers", v.Workers},
		{"enqueued ever", v.Enqueued}, {"done", v.Done}, {"retried", v.Retried}, {"died", v.Died}, {"lost", v.Lost},
		{"discarded", v.Discarded}, {"deleted", v.Deleted},
	} {
		table.Add(row.name, row.n)
	}
	l := v.Limits
	addLimit(table, "limit: tasks that wait", l.MaxTasks, "", 0)
	addLimit(table, "limit: tasks at once", l.Concurrency, "", 0)
	addLimit(table, "limit: rate", 0, l.Rate, l.Burst)
	for _, kind := range slices.Sorted(maps.Keys(l.Kinds)) {
		k := l.Kinds[kind]
		addLimit(table, "limit: "+kind+" at once", k.Concurrency, "", 0)
		addLimit(table, "limit: "+kind+" rate", 0, k.Rate, k.Burst)
		addLimit(table, "limit: "+kind+" at once, a key", k.KeyConcurrency, "", 0)
		addLimit(table, "limit: "+kind+" rate, a key", 0, k.KeyRate, k.KeyBurst)
	}
}

func addLimit(table *console.Table, name string, n int64, rate string, burst int64) {
	switch {
	case n > 0:
		table.Add(name, n)
	case rate != "" && burst > 1:
		table.Add(name, fmt.Sprintf("%s, %d at once", rate, burst))
	case rate != "":
		table.Add(name, rate)
	}
}

// oldest is since when the next pending task waits; zero: there is none.
func (s *session) oldest(ctx context.Context, q *taskqueue.QueueInfo) (time.Time, error) {
	if q.Pending == 0 {
		return time.Time{}, nil
	}
	page, err := s.client.List(ctx, taskqueue.ListQuery{Queue: q.Queue, State: taskqueue.Pending, Limit: 1})
	if err != nil || len(page.Entries) == 0 {
		return time.Time{}, err
	}
	return page.Entries[0].Message.Ready, nil
}

// each does something to each queue that is named, and says that it is done.
func each(done string, do func(ctx context.Context, s *session, queue string) error) func(context.Context, *session, []string) error {
	return func(ctx context.Context, s *session, queues []string) error {
		for _, queue := range queues {
			_, unknown := s.known(ctx, queue)
			if err := do(ctx, s, queue); err != nil {
				return fmt.Errorf("queue %s: %w", queue, err)
			}
			s.noteUnknown(queue, unknown)
			if err := s.did(outcome{Outcome: done, Queue: queue}, "queue %s is %s", queue, done); err != nil {
				return err
			}
		}
		return nil
	}
}

// noteUnknown tells who has mistyped a name: settings may come before tasks.
func (s *session) noteUnknown(queue string, unknown error) {
	if errors.Is(unknown, errNoQueue) {
		s.note("tq: nothing was ever enqueued in queue %s; if that is not its name, `tq queues ls` lists those that there are", queue)
	}
}

func (a *app) purge() *cobra.Command {
	var state string
	var c consent
	cmd := &cobra.Command{
		Use: "purge QUEUE", Short: "Drop all tasks of a queue that are in a state", Args: cobra.ExactArgs(1),
		Long: "Drop all tasks of a queue that are pending, scheduled, parked or dead. What runs is left alone.",
	}
	cmd.Flags().StringVar(&state, "state", "pending", "pending, scheduled, parked or dead")
	completeStates(cmd)
	c.flags(cmd)
	cmd.RunE = a.with(func(ctx context.Context, s *session, args []string) error {
		st, err := listed(state)
		if err != nil {
			return console.Misuse(err)
		}
		q, err := s.known(ctx, args[0])
		if err != nil {
			return err
		}
		n := map[taskqueue.State]int64{taskqueue.Pending: q.Pending, taskqueue.Scheduled: q.Scheduled, parked: q.Parked, taskqueue.StateDead: q.Dead}[st]
		if ok, err := s.given(c, "drop %s of queue %s, for good", console.Count(n, state+" task"), q.Queue); !ok {
			return err
		}
		dropped, err := s.client.Purge(ctx, q.Queue, st)
		if err != nil {
			return fmt.Errorf("after %s: %w", console.Count(dropped, "task"), err)
		}
		return s.did(outcome{Outcome: "dropped", Queue: q.Queue, Tasks: &dropped}, "%s dropped", console.Count(dropped, "task"))
	})
	return cmd
}

func (a *app) drain() *cobra.Command {
	var timeout time.Duration
	var scheduled bool
	cmd := &cobra.Command{
		Use: "drain QUEUE…", Short: "Wait until nothing waits or runs in the queues", Args: cobra.MinimumNArgs(1),
		Long: "Wait until nothing is pending or active in the queues: before a deploy, say.\nNothing is dropped, and nothing is kept from being enqueued. Exit code 1: it took too long.",
	}
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "how long to wait (default: for ever)")
	cmd.Flags().BoolVar(&scheduled, "scheduled", false, "wait for scheduled tasks, too")
	cmd.RunE = a.with(func(ctx context.Context, s *session, args []string) error {
		for _, queue := range args {
			if _, err := s.known(ctx, queue); err != nil {
				return err
			}
		}
		return s.waitEmpty(ctx, args, scheduled, timeout)
	})
	return cmd
}

const pollPeriod = time.Second

// waitEmpty looks once a second, and tells how much is left. The timeout counts from
// the first look; 0: there is none.
func (s *session) waitEmpty(ctx context.Context, queues []string, scheduled bool, timeout time.Duration) error {
	ticker := time.NewTicker(pollPeriod)
	defer ticker.Stop()
	var late <-chan time.Time
	for last := ""; ; {
		left, err := s.left(ctx, queues, scheduled)
		switch {
		case err != nil:
			return err
		case left == "":
			return s.did(outcome{Outcome: "drained"}, "drained")
		case left != last:
			s.note("%s", left)
			last = left
		}
		if late == nil && timeout > 0 {
			late = time.After(timeout)
		}
		select {
		case <-ticker.C:
		case <-late:
			return console.Fail(fmt.Errorf("it took too long: %s", left))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// left says how much is left in queues; empty: nothing.
func (s *session) left(ctx context.Context, queues []string, scheduled bool) (string, error) {
	infos, err := s.client.Queues(ctx, queues...)
	n, paused := int64(0), ""
	for i := range infos {
		n += infos[i].Pending + infos[i].Active
		if scheduled {
			n += infos[i].Scheduled
		}
		if infos[i].Settings.Paused {
			paused = " (queue " + infos[i].Queue + " is paused)"
		}
	}
	if err != nil || n == 0 {
		return "", err
	}
	return console.Count(n, "task") + " left" + paused, nil
}
