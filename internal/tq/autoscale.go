package tq

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/simulate"
)

func (a *app) autoscale() *cobra.Command {
	status := &cobra.Command{
		Use: "status", Short: "Show the fleets: how many workers there should be, and are", Args: cobra.NoArgs, RunE: a.with(showFleets),
	}
	simulation := &cobra.Command{
		Use: "simulate --trace NAME|FILE [flags]", Short: "Run the autoscaler over a trace, in simulation", DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return console.Misuse(simulate.Command(cmd.Context(), args, a.process.Stdout))
		},
	}
	return group("autoscale", "Show, explain, record and simulate the autoscaler", []string{"autoscaler", "as"}, status, a.explain(), a.record(), simulation)
}

func (a *app) record() *cobra.Command {
	var o simulate.RecordOptions
	cmd := &cobra.Command{
		Use: "record", Short: "Record what arrives as a trace, for simulate", Args: cobra.NoArgs,
		Long: "Record what arrives at a fleet that runs as a trace, for simulate. It is made of counters, so that the\ninstants within a second and the single run times are drawn at random.",
	}
	cmd.Flags().StringVar(&o.File, "out", "", "`file` to write to: FILE.csv, FILE.csv.gz (default: standard output)")
	cmd.Flags().StringVar(&o.Fleet, "fleet", "", "`name` of the fleet (default: the only one)")
	cmd.Flags().DurationVar(&o.For, "for", 0, "how long (default: until interrupted)")
	cmd.RunE = a.with(func(ctx context.Context, s *session, _ []string) error {
		return simulate.Record(ctx, s.client, o, a.process.Stdout)
	})
	return cmd
}

func showFleets(ctx context.Context, s *session, _ []string) error {
	fleets, err := s.client.Fleets(ctx)
	if err != nil {
		return err
	}
	table := console.Table{Columns: console.Columns("FLEET", ">WORKERS", ">DESIRED", "BOUNDS", ">PROCESSES", "LEADER", "LAST DECISION")}
	for i := range fleets {
		f := &fleets[i]
		workers := 0
		for _, m := range f.Members {
			workers += m.Workers
		}
		leader, last := f.Leader, ""
		if leader == "" {
			leader = "none"
		}
		if !f.Decision.At.IsZero() {
			last = fmt.Sprintf("%s: %v", console.Ago(f.Decision.At, time.Now()), f.Decision)
		}
		table.Add(f.Name, workers, f.Desired, fmt.Sprintf("%d to %d", f.Min, f.Max), fmt.Sprintf("%d of %d", len(f.Members), f.Processes), leader, last)
	}
	if fleets == nil {
		fleets = []taskqueue.Fleet{}
	}
	return s.show(fleets, &table, "no worker runs with the autoscaler (autoscaler.enabled)")
}

func (a *app) explain() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use: "explain [FLEET]", Short: "Show the last decisions, each with its reason", Args: cobra.MaximumNArgs(1),
		Long: "Show the last decisions of a fleet, the newest first: those that changed the number of workers or the\nbrakes, and one a minute of the others.",
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "how many, 1 to 10000")
	cmd.RunE = a.with(func(ctx context.Context, s *session, args []string) error {
		name, err := s.fleet(ctx, args)
		if err != nil || name == "" {
			return err
		}
		decisions, err := s.client.FleetDecisions(ctx, name, limit)
		if err != nil {
			return err
		}
		table := console.Table{Columns: console.Columns("WHEN", "DECISION")}
		for _, d := range decisions {
			look := console.Plain
			if d.To > d.From {
				look = console.Warn
			}
			table.Add(d.At.Local().Format(time.DateTime), console.Cell{Text: d.String(), Look: look})
		}
		if decisions == nil {
			decisions = []taskqueue.Decision{}
		}
		return s.show(decisions, &table, "no decisions yet")
	})
	return cmd
}

// fleet is the one that is named, or the only one.
func (s *session) fleet(ctx context.Context, args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	fleets, err := s.client.Fleets(ctx)
	switch {
	case err != nil:
		return "", err
	case len(fleets) == 0:
		return "", s.show([]taskqueue.Decision{}, &console.Table{}, "no worker runs with the autoscaler (autoscaler.enabled)")
	case len(fleets) > 1:
		return "", console.Misuse(fmt.Errorf("there are %d fleets; name one: `tq autoscale status` lists them", len(fleets)))
	}
	return fleets[0].Name, nil
}
