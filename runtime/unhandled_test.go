package taskqueue

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A worker that has too many kinds to list them all may know any of them.
func TestUnhandledOfManyKinds(t *testing.T) {
	w := WorkerInfo{Queues: []WorkerQueue{{Name: "q"}}, Kinds: []WorkerKind{{Name: "a.A", Version: 1}}}
	for _, more := range []bool{false, true} {
		w.More = more
		s := &census{counts: map[broker.Shape]int{{Kind: "z.Z", Version: 1}: 1}}
		if unhandled := len(s.unhandled("q", []WorkerInfo{w})) == 1; unhandled == more {
			t.Errorf("more kinds %v: unhandled %v", more, unhandled)
		}
	}
}

// What is parked is looked at first, what is pending only where no worker is.
func TestSuspects(t *testing.T) {
	queues := []QueueInfo{
		{Queue: "a", Pending: 1, Scheduled: 1, Sessions: 1},
		{Queue: "b", Pending: 1, Sessions: 1},
		{Queue: "c", Pending: 1, Parked: 1},
		{Queue: "d"},
	}
	var got []string
	for _, q := range suspects(queues, []WorkerInfo{{Queues: []WorkerQueue{{Name: "a"}}}}) {
		got = append(got, q.Queue+" "+q.State.String())
	}
	if diff := cmp.Diff([]string{"c parked", "b pending", "c pending", "a scheduled"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
