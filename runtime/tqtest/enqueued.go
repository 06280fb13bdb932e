package tqtest

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// A Lister shows what waits: a [Queue], or the client of any store.
type Lister interface {
	Queues(ctx context.Context, names ...string) ([]taskqueue.QueueInfo, error)
	List(ctx context.Context, query taskqueue.ListQuery) (taskqueue.Page, error)
}

// Task is what tqgen makes of an annotated struct.
type Task interface {
	Job(options ...taskqueue.Option) taskqueue.Job
}

// Decoder is the pointer to an annotated struct.
type Decoder[T any] interface {
	*T
	msgp.Unmarshaler
}

// Waiting is a task that was enqueued and has not begun.
type Waiting[T any] struct {
	Task     T
	ID       taskqueue.ID
	Queue    string
	Priority taskqueue.Priority
	Due      time.Time // zero: it can run now
	Message  *broker.Message
}

// Enqueued returns the tasks of type T that wait in any queue: in the order in
// which a queue's will run, those that are scheduled last.
func Enqueued[T Task, P Decoder[T]](t testing.TB, q Lister) []Waiting[T] {
	t.Helper()
	var zero T
	kind := zero.Job().Kind()
	var found []Waiting[T]
	for _, e := range waiting(t, q, taskqueue.Pending, taskqueue.Scheduled) {
		if e.Message.Kind == kind {
			found = append(found, decoded[T, P](t, e))
		}
	}
	return found
}

// RequireEnqueued ends the test unless a task that equals want waits, and returns
// the first one. Tasks are compared field by field, unexported ones included; the
// report shows what does wait.
func RequireEnqueued[T Task, P Decoder[T]](t testing.TB, q Lister, want T) Waiting[T] {
	t.Helper()
	found := Enqueued[T, P](t, q)
	for _, w := range found {
		if cmp.Equal(want, w.Task, everyField) {
			return w
		}
	}
	t.Fatal(missing(want, found))
	return Waiting[T]{}
}

// RequireNone ends the test if a task of type T waits.
func RequireNone[T Task, P Decoder[T]](t testing.TB, q Lister) {
	t.Helper()
	if found := Enqueued[T, P](t, q); len(found) > 0 {
		t.Fatalf("%T waits, none should: %+v and %d others", found[0].Task, found[0].Task, len(found)-1)
	}
}

// everyField compares unexported fields, too: a payload has them only where they
// were left as they are.
var everyField = cmp.Exporter(func(reflect.Type) bool { return true })

// missing says what was found instead of a task.
func missing[T any](want T, found []Waiting[T]) string {
	switch len(found) {
	case 0:
		return fmt.Sprintf("no %T waits, want %+v", want, want)
	case 1:
		return fmt.Sprintf("one %T waits, and it is another (-want +got):\n%s", want, cmp.Diff(want, found[0].Task, everyField))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "no %T waits that equals\n\t%+v\nthese %d others do:", want, want, len(found))
	for _, w := range found {
		fmt.Fprintf(&b, "\n\t%+v", w.Task)
	}
	return b.String()
}

func decoded[T Task, P Decoder[T]](t testing.TB, e taskqueue.Entry) Waiting[T] {
	t.Helper()
	w := Waiting[T]{ID: e.ID, Queue: e.Queue, Priority: e.Message.Priority, Due: e.At, Message: e.Message}
	if _, err := P(&w.Task).UnmarshalMsg(e.Message.Payload); err != nil {
		t.Fatalf("task %v of kind %s: %v", e.ID, e.Message.Kind, err)
	}
	return w
}

// waiting lists the tasks of all queues in the given states.
func waiting(t testing.TB, q Lister, states ...taskqueue.State) (all []taskqueue.Entry) {
	t.Helper()
	infos, err := q.Queues(t.Context())
	for _, info := range infos {
		for _, state := range states {
			query := taskqueue.ListQuery{Queue: info.Queue, State: state, Limit: broker.MaxPage}
			for more := true; more && err == nil; more = query.Cursor != "" {
				var page taskqueue.Page
				page, err = q.List(t.Context(), query)
				all, query.Cursor = append(all, page.Entries...), page.Next
			}
		}
	}
	if err != nil {
		t.Fatalf("looking for what waits: %v", err)
	}
	return all
}
