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
)

//go:generate go -C .. run ./cmd/tqgen -C bench ./...

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // what systems log would cost them time
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A plan is what the flags say.
type plan struct {
	size   size
	rounds int
	only   string
	ours   string
	out    string
}

// parse reads the flags: -quick first decides what the others default to.
func parse(args []string) (plan, error) {
	var p plan
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "fewer rounds and shorter ones: under three minutes")
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
	if *quick {
		p.size = quickly
	}
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
	return r.write(p.out)
}

// measure runs every scenario on every system, round after round, so that what
// the machine does meanwhile meets all of them alike.
func measure(ctx context.Context, s *store, p plan) (samples, error) {
	all := samples{}
	for round := range p.rounds {
		for _, sc := range scenarios {
			if !strings.Contains(sc.name, p.only) {
				continue
			}
			for i := range systems {
				sys := systems[(i+round)%len(systems)] // take turns to be first
				fmt.Fprintf(os.Stderr, "round %d of %d: %s, %s\n", round+1, p.rounds, sc.name, sys.name)
				if err := sc.measure(ctx, s, sys, p, all); err != nil {
					return nil, fmt.Errorf("%s, %s: %w", sc.name, sys.name, err)
				}
			}
		}
	}
	return all, nil
}
