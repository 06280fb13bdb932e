package tq

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// A change is what is done to tasks.
type change struct {
	use, short, long string
	action           broker.Action
	verb, done       string // "cancel", "cancelled"
	asks             bool   // also where the tasks are named one by one
}

var (
	cancelling = change{
		"cancel", "Cancel tasks, also those that run",
		"Cancel tasks, by their ids or by what they have in common. One that waits ends at once, as\ndiscarded; the context of one that runs ends. Dead letters are not cancelled: drop them.",
		broker.Cancel, "cancel", "cancelled", false,
	}
	retrying = change{
		"retry", "Run dead letters once more, and scheduled or parked tasks now",
		"Run dead letters once more, with all their attempts before them, and scheduled or parked tasks now.",
		broker.Requeue, "run", "requeued", false,
	}
	dropping = change{
		"rm", "Drop tasks for good",
		"Drop tasks for good, by their ids or by what they have in common. What runs is not dropped: cancel it.",
		broker.Delete, "drop", "dropped", true,
	}
)

func (a *app) change(c *change, only []string) *cobra.Command {
	f := filter{states: only}
	var ok consent
	var all bool
	var reason string
	cmd := &cobra.Command{
		Use: c.use + " [ID…]", Short: c.short, Long: c.long,
		Example: fmt.Sprintf("  tq tasks %s 01a212ea-0ae8-7b52-bb47-20f8397af04e\n  tq tasks %s --queue mail --type email.Send --error timeout", c.use, c.use),
	}
	f.flags(a, cmd, only == nil)
	cmd.Flags().BoolVar(&all, "all", false, "all of the queues, or of every queue")
	if c.action == broker.Cancel {
		cmd.Flags().StringVar(&reason, "reason", "cancelled by an operator", "what the task's outcome says")
	}
	ok.flags(cmd)
	cmd.RunE = a.with(func(ctx context.Context, s *session, args []string) error {
		if err := f.read(); err != nil {
			return console.Misuse(err)
		}
		edit := broker.Edit{Action: c.action, Reason: reason}
		switch filtered := f.narrow() || len(f.states) > len(only) || all; {
		case len(args) > 0 && (filtered || len(f.queues) > 0):
			return console.Misuse(errors.New("either ids or filters: ids say all"))
		case len(args) > 0:
			return s.changeNamed(ctx, c, ok, edit, args)
		case !filtered:
			return console.Misuse(fmt.Errorf("which tasks? Name ids, a filter (--type, --error, --since, --state), or --all"))
		}
		return s.changeMatching(ctx, c, ok, edit, &f)
	})
	return cmd
}

// changeNamed changes tasks by their ids, and says what became of each.
func (s *session) changeNamed(ctx context.Context, c *change, ok consent, edit broker.Edit, args []string) error {
	var ids []taskqueue.ID
	for _, arg := range args {
		id, err := taskqueue.ParseID(arg)
		if err != nil {
			return console.Misuse(err)
		}
		ids = append(ids, id)
	}
	if c.asks || ok.dryRun {
		if yes, err := s.given(ok, "%s %s", c.verb, console.Count(len(ids), "task")); !yes {
			return err
		}
	}
	failed := 0
	for _, id := range ids {
		if err := s.changeOne(ctx, edit, id); err != nil {
			failed++
			s.note("tq: %v: %v", id, missing(err))
			continue
		}
		if err := s.did(outcome{Outcome: c.done, ID: &id}, "%v %s", id, c.done); err != nil {
			return err
		}
	}
	if failed > 0 {
		return console.Fail(fmt.Errorf("%d of %s could not be %s", failed, console.Count(len(ids), "task"), c.done))
	}
	return nil
}

func (s *session) changeOne(ctx context.Context, edit broker.Edit, id taskqueue.ID) error {
	switch edit.Action {
	case broker.Cancel:
		return s.client.Cancel(ctx, id, edit.Reason)
	case broker.Delete:
		return s.client.Delete(ctx, id)
	}
	return s.client.Requeue(ctx, id)
}

// dryLimit is how many tasks a question or a dry run counts, of each place.
const dryLimit = 10_000

// changeMatching changes all tasks that are meant, page by page.
func (s *session) changeMatching(ctx context.Context, c *change, ok consent, edit broker.Edit, f *filter) error {
	places, err := s.places(ctx, f)
	if err != nil {
		return err
	}
	if !ok.yes {
		n, complete, err := s.countMatching(ctx, c, f, places)
		if err != nil {
			return err
		}
		what := console.Count(n, "task")
		if !complete {
			what = "at least " + what
		}
		if yes, err := s.given(ok, "%s %s", c.verb, what); !yes {
			return err
		}
	}
	total := 0
	for _, p := range places {
		if !c.action.Applies(p.state) {
			continue
		}
		n, err := s.changePlace(ctx, p, f, edit)
		if total += n; err != nil {
			return fmt.Errorf("%s %s, then: %w", console.Count(total, "task"), c.done, err)
		}
	}
	n := int64(total)
	return s.did(outcome{Outcome: c.done, Tasks: &n}, "%s %s", console.Count(total, "task"), c.done)
}

// countMatching counts the tasks that are meant among the first ones.
func (s *session) countMatching(ctx context.Context, c *change, f *filter, places []place) (n int, complete bool, err error) {
	complete = true
	for _, p := range places {
		if !c.action.Applies(p.state) {
			continue
		}
		all, err := s.scan(ctx, p, f, dryLimit, func(page []taskqueue.Entry) (bool, error) {
			n += len(page)
			return true, nil
		})
		if err != nil {
			return n, false, err
		}
		complete = complete && all
	}
	return n, complete, nil
}

// changePlace changes the tasks of one queue in one state. What it changes leaves
// the list under the cursor, so it goes over the list again until nothing is left.
func (s *session) changePlace(ctx context.Context, p place, f *filter, edit broker.Edit) (total int, err error) {
	for {
		before := total
		_, err := s.scan(ctx, p, f, 0, func(page []taskqueue.Entry) (bool, error) {
			if len(page) == 0 {
				return true, nil
			}
			edits := make([]broker.Edit, len(page))
			for i := range page {
				edits[i] = edit
				edits[i].Ref = page[i].Ref
			}
			receipts, err := s.client.Edit(ctx, edits...)
			if err == nil {
				total += len(edits) - len(receipts)
			}
			return true, err
		})
		if err != nil || total == before {
			return total, err
		}
	}
}
