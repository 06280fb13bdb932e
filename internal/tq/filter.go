package tq

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

const parked = broker.Parked

// listedStates are those in which tasks can be listed.
var listedStates = []taskqueue.State{taskqueue.Pending, taskqueue.Scheduled, parked, taskqueue.StateDead}

// listed reads one of them.
func listed(text string) (taskqueue.State, error) {
	for _, s := range listedStates {
		if s.String() == text {
			return s, nil
		}
	}
	if text == taskqueue.Active.String() {
		return 0, fmt.Errorf("active tasks are with their workers: `tq workers --running` lists them")
	}
	return 0, fmt.Errorf("--state: %q is none of pending, scheduled, parked, dead", text)
}

func completeStates(cmd *cobra.Command) {
	var names []string
	for _, s := range listedStates {
		names = append(names, s.String())
	}
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
}

// A filter says which tasks are meant.
type filter struct {
	queues       []string // none: all
	states       []string // none: all that can be listed
	kind         string
	failure      string // in the last one, whatever its case
	group        string // the fingerprint of the last failure
	since, until string
	from, to     time.Time
}

// flags adds those of a filter; state is left out where there is only one.
func (f *filter) flags(a *app, cmd *cobra.Command, state bool) {
	flags := cmd.Flags()
	flags.StringSliceVarP(&f.queues, "queue", "q", nil, "only of these queues")
	_ = cmd.RegisterFlagCompletionFunc("queue", a.completeQueues)
	if state {
		flags.StringSliceVar(&f.states, "state", nil, "only those that are pending, scheduled, parked or dead")
		completeStates(cmd)
	}
	flags.StringVar(&f.kind, "type", "", "only of this type, such as email.Send")
	flags.StringVar(&f.failure, "error", "", "only those whose last failure has this text")
	flags.StringVar(&f.group, "fingerprint", "", "only those that failed alike: as dlq ls --group says it")
	flags.StringVar(&f.since, "since", "", "only those that are ready, due or dead since then: a time, or how long ago (90m)")
	flags.StringVar(&f.until, "until", "", "… until then")
}

func (f *filter) read() (err error) {
	for _, s := range f.states {
		if _, err := listed(s); err != nil {
			return err
		}
	}
	if f.from, err = instant("since", f.since); err != nil {
		return err
	}
	f.to, err = instant("until", f.until)
	f.failure = strings.ToLower(f.failure)
	return err
}

// narrow reports whether anything but a queue is asked for.
func (f *filter) narrow() bool {
	return f.kind != "" || f.failure != "" || f.group != "" || f.since != "" || f.until != ""
}

// whenOf is the instant that since and until are about.
func whenOf(e *taskqueue.Entry) time.Time {
	if e.At.IsZero() && e.Message != nil {
		return e.Message.Ready
	}
	return e.At
}

// failureOf is the reason of a dead letter, or the last failure of what is to run again.
func failureOf(e *taskqueue.Entry) string {
	if e.Reason == "" && e.Message != nil && len(e.Message.Failures) > 0 {
		return e.Message.Failures[len(e.Message.Failures)-1].Reason
	}
	return e.Reason
}

func kindOf(e *taskqueue.Entry) string {
	if e.Message == nil {
		return ""
	}
	return e.Message.Kind
}

// passes reports whether a task is meant.
func (f *filter) passes(e *taskqueue.Entry) bool {
	at := whenOf(e)
	switch {
	case f.kind != "" && kindOf(e) != f.kind, f.group != "" && taskqueue.Fingerprint(failureOf(e)) != f.group:
		return false
	case !f.from.IsZero() && at.Before(f.from), !f.to.IsZero() && at.After(f.to):
		return false
	}
	return f.failure == "" || strings.Contains(strings.ToLower(failureOf(e)), f.failure)
}

// A place is a queue and a state in it.
type place struct {
	queue string
	state taskqueue.State
}

// places are where tasks may be that are meant.
func (s *session) places(ctx context.Context, f *filter) ([]place, error) {
	infos, err := s.client.Queues(ctx, f.queues...)
	if err != nil {
		return nil, err
	}
	var all []place
	for i := range infos {
		q := &infos[i]
		for j, n := range []int64{q.Pending, q.Scheduled, q.Parked, q.Dead} {
			state := listedStates[j]
			if n > 0 && (len(f.states) == 0 || slices.Contains(f.states, state.String())) {
				all = append(all, place{q.Queue, state})
			}
		}
	}
	return all, nil
}

// scan passes the tasks of a place on, page by page, those that are meant, until do
// has enough. It looks at no more than limit, if that is not 0; all is whether it
// has seen all.
func (s *session) scan(ctx context.Context, p place, f *filter, limit int, do func([]taskqueue.Entry) (more bool, err error)) (all bool, err error) {
	query := taskqueue.ListQuery{Queue: p.queue, State: p.state, Limit: broker.MaxPage}
	for seen := 0; ; {
		if limit > 0 {
			query.Limit = min(broker.MaxPage, limit-seen)
		}
		page, err := s.client.List(ctx, query)
		if err != nil {
			return false, err
		}
		seen += len(page.Entries)
		more, err := do(slices.DeleteFunc(page.Entries, func(e taskqueue.Entry) bool { return !f.passes(&e) }))
		if err != nil || !more {
			return false, err
		}
		if query.Cursor = page.Next; page.Next == "" || limit > 0 && seen >= limit {
			return page.Next == "", nil
		}
	}
}
