package tq

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func (a *app) schedule() *cobra.Command {
	list := &cobra.Command{Use: "ls", Short: "List the crons of all workers", Aliases: []string{"list"}, Args: cobra.NoArgs, RunE: a.with(listCrons)}
	now := &cobra.Command{
		Use: "run CRON…", Short: "Enqueue a cron's task now, beside its ticks", Args: cobra.MinimumNArgs(1),
		RunE: a.with(func(ctx context.Context, s *session, names []string) error {
			for _, name := range names {
				id, err := s.client.RunCron(ctx, name)
				if err != nil {
					return err
				}
				if err := s.did(outcome{Outcome: "enqueued", Cron: name, ID: &id}, "%v", id); err != nil {
					return err
				}
			}
			return nil
		}),
	}
	pause := &cobra.Command{
		Use: "pause CRON…", Short: "Leave out a cron's ticks in all processes, until resume", Args: cobra.MinimumNArgs(1),
		RunE: a.with(eachCron("paused", (*taskqueue.Client).PauseCron)),
	}
	resume := &cobra.Command{
		Use: "resume CRON…", Short: "End a pause; what was left out is not made up for", Args: cobra.MinimumNArgs(1),
		RunE: a.with(eachCron("resumed", (*taskqueue.Client).ResumeCron)),
	}
	for _, c := range []*cobra.Command{now, pause, resume} {
		c.ValidArgsFunction = a.completeCrons
	}
	return group("schedule", "List, run, pause and resume crons", []string{"cron", "crons"}, list, a.next(), now, pause, resume)
}

func eachCron(done string, do func(*taskqueue.Client, context.Context, string) error) func(context.Context, *session, []string) error {
	return func(ctx context.Context, s *session, names []string) error {
		for _, name := range names {
			if err := do(s.client, ctx, name); err != nil {
				return err
			}
			if err := s.did(outcome{Outcome: done, Cron: name}, "cron %s is %s", name, done); err != nil {
				return err
			}
		}
		return nil
	}
}

// completeCrons are the crons of the workers, for shells.
func (a *app) completeCrons(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	// Without a store there is nothing to offer.
	_ = a.with(func(ctx context.Context, s *session, _ []string) error {
		all, err := s.client.Crons(ctx)
		for i := range all {
			names = append(names, all[i].Name)
		}
		return err
	})(cmd, nil)
	return names, cobra.ShellCompDirectiveNoFileComp
}

// A cronView is a cron for programs.
type cronView struct {
	Name   string     `json:"name"`
	Spec   string     `json:"spec"`
	Zone   string     `json:"zone"`
	Queue  string     `json:"queue"`
	Kind   string     `json:"type"`
	Last   *time.Time `json:"last,omitempty"`
	Next   *time.Time `json:"next,omitempty"` // not while it is paused
	Paused *time.Time `json:"paused_since,omitempty"`
}

func listCrons(ctx context.Context, s *session, _ []string) error {
	all, err := s.client.Crons(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	views := []cronView{}
	table := console.Table{Columns: console.Columns("CRON", "SPEC", "ZONE", "TYPE", "QUEUE", "LAST", "NEXT")}
	for i := range all {
		v := viewCron(&all[i], now)
		views = append(views, v)
		last, next := "never", console.Cell{Text: "-"}
		if v.Last != nil {
			last = console.Ago(*v.Last, now)
		}
		switch {
		case v.Paused != nil:
			next = console.Cell{Text: "paused " + console.Ago(*v.Paused, now), Look: console.Warn}
		case v.Next != nil:
			next.Text = v.Next.Format("2006-01-02 15:04:05 MST") + ", " + console.Ago(*v.Next, now)
		}
		table.Add(v.Name, v.Spec, v.Zone, v.Kind, v.Queue, last, next)
	}
	return s.show(views, &table, "no crons: no worker has any, with scheduler.enabled")
}

func viewCron(c *taskqueue.CronInfo, now time.Time) cronView {
	v := cronView{Name: c.Name, Spec: c.Spec, Zone: c.Zone, Queue: c.Queue, Kind: c.Kind}
	if v.Zone == "" {
		v.Zone = "UTC"
	}
	if !c.Last.IsZero() {
		v.Last = &c.Last
	}
	if !c.Paused.IsZero() {
		v.Paused = &c.Paused
		return v
	}
	if next, err := c.Next(now, 1); err == nil {
		v.Next = &next[0]
	}
	return v
}

// A tickView is a tick for programs.
type tickView struct {
	At   time.Time `json:"at"`
	Cron string    `json:"cron"`
}

func (a *app) next() *cobra.Command {
	var limit int
	cmd := &cobra.Command{Use: "next [CRON…]", Short: "List the next ticks, of all crons or of those named"}
	cmd.ValidArgsFunction = a.completeCrons
	cmd.Flags().IntVar(&limit, "limit", 10, "how many, 1 to 1000")
	cmd.RunE = a.with(func(ctx context.Context, s *session, names []string) error {
		all, err := s.client.Crons(ctx)
		if err != nil {
			return err
		}
		ticks := []tickView{}
		now := time.Now()
		for i := range all {
			c := &all[i]
			if len(names) > 0 && !slices.Contains(names, c.Name) || !c.Paused.IsZero() {
				continue
			}
			times, err := c.Next(now, min(max(limit, 1), 1000))
			if err != nil {
				s.note("tq: cron %s: %v", c.Name, err)
				continue
			}
			for _, at := range times {
				ticks = append(ticks, tickView{at, c.Name})
			}
		}
		slices.SortStableFunc(ticks, func(a, b tickView) int { return a.At.Compare(b.At) })
		ticks = ticks[:min(len(ticks), limit)]
		table := console.Table{Columns: console.Columns("AT", "IN", "CRON")}
		for _, t := range ticks {
			table.Add(t.At.Format("2006-01-02 15:04:05 MST"), console.Span(t.At.Sub(now)), t.Cron)
		}
		return s.show(ticks, &table, "no ticks")
	})
	return cmd
}
