package redisbroker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// editTries is how often an edit looks again for a task that has moved.
const editTries = 8

// Edit implements broker.Inspector. It looks for the tasks, then changes each
// one where it was seen; what has moved meanwhile is looked for again.
func (b *Broker) Edit(ctx context.Context, edits []broker.Edit) ([]broker.Receipt, error) {
	if err := broker.CheckEdits(edits); err != nil {
		return nil, err
	}
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	var receipts []broker.Receipt
	for i := range edits {
		if err := b.edit(ctx, &edits[i]); err != nil {
			receipts = append(receipts, broker.Receipt{Index: i, Err: err})
		}
	}
	return receipts, nil
}

func (b *Broker) edit(ctx context.Context, e *broker.Edit) error {
	unsure := false // whether an answer was lost
	for range editTries {
		s, err := b.search(ctx, []broker.Ref{e.Ref})
		if err != nil {
			return opening(err)
		}
		if unsure && effects[e.Action] == s.entries[0].State {
			return nil
		}
		done, err := b.change(ctx, e, &s.entries[0], s.elements[e.Ref], &unsure)
		if done || err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: %s moves all the time", broker.ErrState, e.ID)
}

// effects are where tasks are after an edit.
var effects = map[broker.Action]broker.State{
	broker.Cancel: broker.StateDiscarded, broker.Requeue: broker.Pending, broker.Reschedule: broker.Scheduled,
	broker.Delete: broker.StateUnknown,
}

// change carries an edit out if the task is still where it was seen. If that is
// not so, and it was asked more than once, it may have been done before.
func (b *Broker) change(ctx context.Context, e *broker.Edit, at *broker.Entry, element string, unsure *bool) (done bool, err error) {
	q := b.queue(e.Queue)
	switch {
	case at.State == broker.StateUnknown || at.State == broker.StateDone || at.State == broker.StateDiscarded:
		return b.changeUnseen(ctx, q, e)
	case !e.Action.Applies(at.State):
		return false, fmt.Errorf("%w: %s is %v", broker.ErrState, e.ID, at.State)
	case at.State == broker.Active:
		return b.mark(ctx, q, e)
	case at.Message.Kind == "" && !(at.State == broker.StateDead && e.Action == broker.Delete):
		return false, fmt.Errorf("%w: %s cannot be read; it can be deleted once it is dead", broker.ErrState, e.ID)
	}
	where := at.State.String()
	if at.State == broker.Pending && at.Message.Grouped() {
		where = "grouped"
	}
	keys := q.grouped(q.scheduled, q.unique, q.windows, q.letters, q.marks, q.result(e.ID), q.parked, q.shelf)
	args := append([]any{actionNames[e.Action], where, e.ID[:], element}, b.editArguments(q, e, at)...)
	args = append(args, shapeName(at.Message.Shape()))
	n, tries, err := b.ask(ctx, b.scripts.Load().edit, keys, args)
	*unsure = *unsure || tries > 1
	if tries > 1 && n == 0 && e.Action == broker.Cancel && at.Message.Retention < time.Millisecond {
		return true, err // such a one leaves nothing to look for
	}
	return n == 1, err
}

var actionNames = map[broker.Action]string{
	broker.Cancel: "cancel", broker.Delete: "delete", broker.Requeue: "requeue", broker.Reschedule: "reschedule",
}

// editArguments are what edit.lua needs for an action.
func (b *Broker) editArguments(q *queue, e *broker.Edit, at *broker.Entry) []any {
	switch e.Action {
	case broker.Cancel:
		return []any{at.Message.Retention.Milliseconds(), broker.TrimReason(e.Reason), q.ended, ""}
	case broker.Requeue:
		return requeueArguments(at)
	case broker.Reschedule:
		return []any{e.After.Milliseconds(), "", "", ""}
	}
	return []any{"", "", "", ""}
}

// requeueArguments are the envelope of a task as it goes on, the same without a
// unique key, and the key that a dead one has to hold again.
func requeueArguments(at *broker.Entry) []any {
	if at.State != broker.StateDead {
		return []any{appendEnvelope(nil, at.Message), "", "", 0}
	}
	next := broker.Renewed(*at.Message)
	free := next
	free.Unique = broker.Unique{}
	return []any{appendEnvelope(nil, &next), appendEnvelope(nil, &free), next.Unique.Key, next.Unique.Window.Milliseconds()}
}

// changeUnseen is an edit of a task that was not found: it is gone, or it lies
// deep in its lane.
func (b *Broker) changeUnseen(ctx context.Context, q *queue, e *broker.Edit) (bool, error) {
	infos, err := b.infos(ctx, []string{e.Queue})
	if err != nil {
		return false, opening(err)
	}
	if infos[0].Pending <= broker.FindLimit {
		return false, fmt.Errorf("%w: %s in queue %s", broker.ErrNotFound, e.ID, e.Queue)
	}
	if e.Action == broker.Cancel {
		return b.mark(ctx, q, e)
	}
	return false, fmt.Errorf("%w: %s is not among the first %d of a lane of queue %s", broker.ErrNotFound, e.ID, broker.FindLimit, e.Queue)
}

// markTime is how long marks are kept after the last one was made. A mark goes
// with its task; this is for one that came as the task ended.
const markTime = 30 * 24 * time.Hour

// mark tells whoever holds the task, now or later, that it is not wanted.
func (b *Broker) mark(ctx context.Context, q *queue, e *broker.Edit) (bool, error) {
	err := b.call(ctx, func(ctx context.Context) error {
		pipe := b.commands.Pipeline()
		pipe.HSet(ctx, q.marks, string(e.ID[:]), broker.TrimReason(e.Reason))
		pipe.Expire(ctx, q.marks, markTime)
		_, err := pipe.Exec(ctx)
		return err
	})
	return err == nil, err
}

// integer runs a script that returns a number.
func (b *Broker) integer(ctx context.Context, s *script, keys []string, args []any) (n int64, err error) {
	n, _, err = b.ask(ctx, s, keys, args)
	return n, err
}

// ask is integer, and how often it was tried.
func (b *Broker) ask(ctx context.Context, s *script, keys []string, args []any) (n int64, tries int, err error) {
	err = b.call(ctx, func(ctx context.Context) error {
		tries++
		return scripted(func(by evaluation) error {
			cmd := redis.NewIntCmd(ctx, by(s, keys, args)...)
			err := b.commands.Process(ctx, cmd)
			n = cmd.Val()
			return err
		})
	})
	return n, tries, err
}

// Configure implements broker.Inspector.
func (b *Broker) Configure(ctx context.Context, queue string, s broker.Settings) error {
	if err := broker.CheckName("queue name", queue); err != nil {
		return err
	}
	if err := s.Check(); err != nil {
		return err
	}
	if err := b.enter(ctx); err != nil {
		return err
	}
	return b.configure(ctx, b.queue(queue), s.Normal())
}

// purgeBatch is how many tasks one step drops.
const purgeBatch = 500

// Purge implements broker.Inspector.
func (b *Broker) Purge(ctx context.Context, queue string, s broker.State) (total int64, err error) {
	if err := broker.CheckPurge(queue, s); err != nil {
		return 0, err
	}
	if err := b.enter(ctx); err != nil {
		return 0, err
	}
	q := b.queue(queue)
	keys, places := q.grouped(q.keys.unique, q.marks, q.schedule, q.scheduled), []int{0}
	switch s {
	case broker.StateDead:
		keys = q.grouped(q.keys.unique, q.marks, q.dead, q.letters)
	case broker.Parked:
		keys, places = q.grouped(q.keys.unique, q.marks, q.parked, q.shelf), []int{7}
	case broker.Pending:
		places = []int{1, 2, 3, 4, 5, 6} // the last one: the lanes of groups
	}
	for _, place := range places {
		for n := int64(1); n > 0; total += n {
			if n, err = b.integer(ctx, b.scripts.Load().purge, keys, []any{place, purgeBatch}); err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

// Marks implements broker.Inspector.
func (b *Broker) Marks(ctx context.Context, queue string, names []string) ([]int64, error) {
	for _, name := range append([]string{queue}, names...) {
		if err := broker.CheckName("name", name); err != nil {
			return nil, err
		}
	}
	if err := b.enter(ctx); err != nil || len(names) == 0 {
		return nil, err
	}
	var values []any
	err := b.call(ctx, func(ctx context.Context) (err error) {
		values, err = b.commands.HMGet(ctx, b.queue(queue).onces, names...).Result()
		return err
	})
	if err != nil {
		return nil, opening(err)
	}
	marks := make([]int64, len(names))
	for i := range marks {
		_, _ = fmt.Sscan(strings.TrimSpace(reply(values).string(i)), &marks[i])
	}
	return marks, nil
}
