package tq

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func (a *app) limit() *cobra.Command {
	flags := map[string]*string{}
	var kind string
	cmd := &cobra.Command{
		Use: "limit QUEUE", Short: "Limit how fast, how many at once and how much, over all workers", Args: cobra.ExactArgs(1),
		Long: "Limit a queue, or with --kind the tasks of a kind in it, over all workers. What is not named\nstays as it is; none lifts a limit. It holds until somebody, or the code of a new release, says otherwise.",
		Example: "  tq queues limit mail --rate 10/s --burst 20\n  tq queues limit mail --kind email.Send --key-concurrency 1\n" +
			"  tq queues limit mail --max-tasks none",
	}
	add := func(name, usage string) {
		flags[name] = new(string)
		cmd.Flags().StringVar(flags[name], name, "", usage)
	}
	cmd.Flags().StringVar(&kind, "kind", "", "of tasks: limit only those")
	add("rate", "tasks that begin: 10/s, 600/m, 5/90s, or none")
	add("burst", "of the rate: so many at once")
	add("concurrency", "tasks that run at once, or none")
	add("max-tasks", "tasks that may wait, or none; more are refused")
	add("key-rate", "with --kind: the rate of each key")
	add("key-burst", "with --kind: the burst of each key")
	add("key-concurrency", "with --kind: the tasks of each key that run at once")
	cmd.RunE = a.with(func(ctx context.Context, s *session, args []string) error {
		given := map[string]string{}
		for name, value := range flags {
			if *value != "" {
				given[name] = *value
			}
		}
		if len(given) == 0 {
			return console.Misuse(errors.New("no limit is named; `tq queues show` shows those that there are"))
		}
		if kind != "" {
			return s.limitKind(ctx, args[0], kind, given)
		}
		return s.limitQueue(ctx, args[0], given)
	})
	return cmd
}

func (s *session) limitQueue(ctx context.Context, queue string, given map[string]string) error {
	for _, name := range []string{"key-rate", "key-burst", "key-concurrency"} {
		if given[name] != "" {
			return console.Misuse(fmt.Errorf("--%s needs --kind: keys are those of a kind", name))
		}
	}
	infos, err := s.client.Queues(ctx, queue)
	if err != nil {
		return err
	}
	l := taskqueue.Limit{Rate: infos[0].Settings.Rate, Concurrency: infos[0].Settings.Concurrency}
	maxTasks := infos[0].Settings.MaxTasks
	if err := applyLimits(&l, &maxTasks, given); err != nil {
		return console.Misuse(err)
	}
	for _, step := range []struct {
		flags []string
		do    func() error
	}{
		{[]string{"rate", "burst"}, func() error { return s.client.LimitRate(ctx, queue, l.Rate) }},
		{[]string{"concurrency"}, func() error { return s.client.LimitConcurrency(ctx, queue, l.Concurrency) }},
		{[]string{"max-tasks"}, func() error { return s.client.Limit(ctx, queue, maxTasks) }},
	} {
		if slices.ContainsFunc(step.flags, func(f string) bool { return given[f] != "" }) {
			if err := step.do(); err != nil {
				return err
			}
		}
	}
	return s.did(outcome{Outcome: "limited", Queue: queue}, "queue %s is limited", queue)
}

func (s *session) limitKind(ctx context.Context, queue, kind string, given map[string]string) error {
	if given["max-tasks"] != "" {
		return console.Misuse(errors.New("--max-tasks is of a whole queue, and not of a kind"))
	}
	infos, err := s.client.Queues(ctx, queue)
	if err != nil {
		return err
	}
	l := infos[0].Settings.Groups[kind]
	if err := applyLimits(&l, new(int64), given); err != nil {
		return console.Misuse(err)
	}
	if err := s.client.LimitKind(ctx, queue, kind, l); err != nil {
		return err
	}
	return s.did(outcome{Outcome: "limited", Queue: queue, Kind: kind}, "%s in queue %s is limited", kind, queue)
}

// applyLimits changes what is given.
func applyLimits(l *taskqueue.Limit, maxTasks *int64, given map[string]string) error {
	for name, r := range map[string]*taskqueue.Rate{"rate": &l.Rate, "key-rate": &l.KeyRate} {
		text := given[name]
		if text == "" {
			continue
		}
		burst := r.Burst
		*r = taskqueue.Rate{}
		if text != "none" {
			parsed, err := parseRate(text)
			if err != nil {
				return fmt.Errorf("--%s: %w", name, err)
			}
			parsed.Burst = burst
			*r = parsed
		}
	}
	for name, n := range map[string]*int64{
		"burst": &l.Rate.Burst, "concurrency": &l.Concurrency, "max-tasks": maxTasks,
		"key-burst": &l.KeyRate.Burst, "key-concurrency": &l.KeyConcurrency,
	} {
		text := given[name]
		if text == "" {
			continue
		}
		*n = 0
		if text != "none" {
			parsed, err := strconv.ParseInt(text, 10, 64)
			if err != nil || parsed < 1 {
				return fmt.Errorf("--%s: %q is neither a number from 1 nor none", name, text)
			}
			*n = parsed
		}
	}
	if l.Rate.N == 0 && l.Rate.Burst > 0 || l.KeyRate.N == 0 && l.KeyRate.Burst > 0 {
		return errors.New("a burst needs a rate")
	}
	return nil
}
