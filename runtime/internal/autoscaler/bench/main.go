// Command bench compares the autoscaler with other systems' in simulation:
// go run ./runtime/internal/autoscaler/bench (make bench-autoscaler).
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/contest"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/peer"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/workload"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	traces := flags.String("traces", "", "comma-separated traces; all of the comparison by default")
	unseen := flags.Bool("unseen", false, "use the traces that nothing was tuned on")
	peers := flags.String("peers", "", "comma-separated peers; all by default, none: no peer")
	seeds := flags.String("seeds", "1,2,3", "comma-separated seeds")
	parallel := flags.Int("parallel", runtime.GOMAXPROCS(0), "traces at the same time")
	oracle := flags.Bool("oracle", false, "print the oracle's worker-seconds and nothing else")
	if err := flags.Parse(args); err != nil {
		return err
	}
	c := contest.Contest{Config: autoscaler.DefaultConfig(), Parallel: *parallel, Workloads: workload.All()}
	if *unseen {
		c.Workloads = workload.Unseen()
	}
	if err := pick(&c, *traces, *peers, *seeds); err != nil {
		return err
	}
	if *oracle {
		return contest.WriteOracle(out, c.Workloads, c.Seeds)
	}
	c.Done = func(trace string, seed int64) { fmt.Fprintf(progress, "%s %d\n", trace, seed) }
	rows, err := c.Run(ctx)
	if err != nil {
		return err
	}
	return report(out, rows)
}

// pick fills in what the flags name.
func pick(c *contest.Contest, traces, peers, seeds string) error {
	if traces != "" {
		c.Workloads = nil
		for name := range strings.SplitSeq(traces, ",") {
			w, err := workload.Named(name)
			if err != nil {
				return err
			}
			c.Workloads = append(c.Workloads, w)
		}
	}
	switch peers {
	case "":
		c.Peers = peer.All()
	case "none":
	default:
		for name := range strings.SplitSeq(peers, ",") {
			p, err := peer.Named(name)
			if err != nil {
				return err
			}
			c.Peers = append(c.Peers, p)
		}
	}
	for text := range strings.SplitSeq(seeds, ",") {
		seed, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("-seeds: %w", err)
		}
		c.Seeds = append(c.Seeds, seed)
	}
	return nil
}

func report(out io.Writer, rows []contest.Row) error {
	for first := 0; first < len(rows); {
		var table []contest.Summary
		name := rows[first].Trace
		for ; first < len(rows) && rows[first].Trace == name; first++ {
			table = append(table, contest.Summarize(rows[first].Controller, rows[first].Runs))
		}
		fmt.Fprintf(out, "\n%s\n", name)
		if err := contest.WriteTable(out, table); err != nil {
			return err
		}
	}
	totals := contest.Totals(rows)
	fmt.Fprintf(out, "\nmean of all\n")
	if err := contest.WriteTable(out, totals); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, contest.Verdict(totals))
	return err
}
