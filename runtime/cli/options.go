package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// options are the flags of enqueue that say how to queue a task.
type options struct {
	flags *pflag.FlagSet

	json, queue, priority, at, key, unique string
	in, window, timeout, retention         time.Duration
	expires                                time.Duration
	retries                                int
}

func (o *options) add() {
	f := o.flags
	f.SortFlags = false
	f.StringVar(&o.json, "json", "", "the task as a JSON object; - reads it from standard input")
	f.StringVarP(&o.queue, "queue", "q", "", "the queue instead of the task's own")
	f.StringVar(&o.priority, "priority", "", "low, normal, high or critical")
	f.DurationVar(&o.in, "in", 0, "run it after so long")
	f.StringVar(&o.at, "at", "", "run it at a time like 2026-01-31T12:00:00Z")
	f.IntVar(&o.retries, "retries", 0, "runs after the first one that failed")
	f.DurationVar(&o.timeout, "timeout", 0, "how long a run may take; 0: as long as it likes")
	f.DurationVar(&o.retention, "retention", 0, "how long the outcome is kept")
	f.DurationVar(&o.expires, "expires", 0, "discard it if it has not begun by then")
	f.StringVar(&o.key, "key", "", "whose task it is, for limits of keys")
	f.StringVar(&o.unique, "unique", "", "refuse it while another task holds this key")
	f.DurationVar(&o.window, "unique-for", 0, "for so long, whether the other has ended or not")
}

// complete tells shells what the flags take.
func (o *options) complete(cmd *cobra.Command) {
	_ = cmd.RegisterFlagCompletionFunc("priority", cobra.FixedCompletions([]string{"low", "normal", "high", "critical"}, cobra.ShellCompDirectiveNoFileComp))
}

// read turns the flags that were given into options.
func (o *options) read() ([]taskqueue.Option, error) {
	var all []taskqueue.Option
	var errs []error
	for _, f := range []struct {
		name string
		make func() (taskqueue.Option, error)
	}{
		{"queue", func() (taskqueue.Option, error) { return taskqueue.Queue(o.queue), nil }},
		{"priority", o.readPriority},
		{"in", func() (taskqueue.Option, error) { return taskqueue.In(o.in), nil }},
		{"at", o.readAt},
		{"retries", func() (taskqueue.Option, error) { return taskqueue.Retries(o.retries), nil }},
		{"timeout", func() (taskqueue.Option, error) { return taskqueue.Timeout(o.timeout), nil }},
		{"retention", func() (taskqueue.Option, error) { return taskqueue.Retention(o.retention), nil }},
		{"expires", func() (taskqueue.Option, error) { return taskqueue.Expires(o.expires), nil }},
		{"key", func() (taskqueue.Option, error) { return taskqueue.WithKey(o.key), nil }},
		{"unique", func() (taskqueue.Option, error) { return taskqueue.Unique(o.unique, o.window), nil }},
	} {
		if !o.flags.Changed(f.name) {
			continue
		}
		option, err := f.make()
		if err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", f.name, err))
		}
		all = append(all, option)
	}
	return all, errors.Join(errs...)
}

func (o *options) readPriority() (taskqueue.Option, error) {
	for name, p := range map[string]taskqueue.Priority{
		"low": taskqueue.Low, "normal": taskqueue.Normal, "high": taskqueue.High, "critical": taskqueue.Critical,
	} {
		if name == o.priority {
			return taskqueue.WithPriority(p), nil
		}
	}
	return taskqueue.Option{}, fmt.Errorf("%q is none of low, normal, high, critical", o.priority)
}

func (o *options) readAt() (taskqueue.Option, error) {
	at, err := time.Parse(time.RFC3339, o.at)
	if err != nil {
		return taskqueue.Option{}, fmt.Errorf("%q is no time like 2026-01-31T12:00:00Z", o.at)
	}
	return taskqueue.At(at), nil
}
