// Command bench compares taskqueue with its peers on one machine, in one run,
// on a Redis server of its own. README.md says how to read the result.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

//go:generate go -C .. run ./cmd/tqgen -C bench ./...

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // what systems log would cost them time
	do, args := run, os.Args[1:]
	if len(args) > 0 && args[0] == workCommand {
		do, args = workAsChild, args[1:]
	}
	if err := do(ctx, args); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A plan is what the flags say.
type plan struct {
	size   size
	rounds int
	quick  bool
	only   string
	ours   string
	out    string
	base   string
}

// parse reads the flags: -quick first decides what the others default to.
func parse(args []string) (plan, error) {
	var p plan
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.BoolVar(&p.quick, "quick", false, "the comparison with asynq, in under three minutes")
	backlog := flags.Int("backlog", full.backlog, "`tasks` in the longest queue: 10000000 takes 3 GB of memory")
	flags.StringVar(&p.base, "base", "", "a `revision`: only compare the Go benchmarks with those there, by benchstat")
	flags.IntVar(&p.rounds, "rounds", 0, "`number` of rounds; the median counts (default 5, quick 3)")
	flags.StringVar(&p.only, "run", "", "only the scenarios whose name contains `text`; the result is then only printed")
	flags.StringVar(&p.ours, "store", "", "`URL` of our side's store, such as mem:// to leave Redis out; the result is then only printed")
	flags.StringVar(&p.out, "out", filepath.Join("results", "latest.json"), "`file` for the result")
	if err := flags.Parse(args); err != nil {
		return p, err
	}
	if flags.NArg() > 0 {
		return p, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	p.size = full
	if p.quick {
		p.size = quickly
	}
	p.size.backlog = *backlog
	if p.rounds == 0 {
		p.rounds = p.size.rounds
	}
	return p, nil
}

func run(ctx context.Context, args []string) error {
	p, err := parse(args)
	if err != nil {
		return err
	}
	if p.base != "" {
		return compare(ctx, p.base)
	}
	here := thisMachine()
	store, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer store.close()
	samples, err := measure(ctx, store, p)
	if err != nil {
		return err
	}
	r := newReport(here, versions(ctx, store), p, samples)
	fmt.Print(r.markdown())
	if p.only != "" || p.ours != "" {
		return nil
	}
	return errors.Join(r.write(p.out), r.publish(filepath.Dir(p.out), filepath.Join("..", "README.md")))
}

// measure runs every scenario on every system, round after round, so that what
// the machine does meanwhile meets all of them alike. A peer that fails is left out
// of that scenario, loudly; we do not.
func measure(ctx context.Context, s *store, p plan) (samples, error) {
	all := samples{}
	for round := range p.rounds {
		for _, sc := range scenarios {
			if !p.includes(&sc, round) {
				continue
			}
			list := p.systems(&sc)
			for i := range list {
				sys := list[(i+round)%len(list)] // take turns to be first
				fmt.Fprintf(os.Stderr, "%s round %d of %d: %s, %s\n", time.Now().Format(time.TimeOnly), round+1, p.rounds, sc.name, sys.name)
				err := sc.measure(ctx, s, sys, p, all)
				switch {
				case err == nil:
				case sys.name == systems[0].name || ctx.Err() != nil:
					return nil, fmt.Errorf("%s, %s: %w", sc.name, sys.name, err)
				default:
					fmt.Fprintf(os.Stderr, "FAILED %s, %s: %v\n", sc.name, sys.name, err)
				}
			}
		}
	}
	return all, nil
}

// includes reports whether a scenario is part of a round.
func (p *plan) includes(sc *scenario, round int) bool {
	return strings.Contains(sc.name, p.only) && !(sc.slow && p.quick) && !(sc.once && round > 0)
}

// systems are those that take part in a scenario: a quick run is about asynq.
func (p *plan) systems(sc *scenario) []system {
	list := sc.systems()
	if p.quick && len(list) > rivals {
		return list[:rivals]
	}
	return list
}
