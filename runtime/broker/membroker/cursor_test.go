package membroker

import (
	"errors"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// FuzzListCursor: any text is a cursor, or is refused.
func FuzzListCursor(f *testing.F) {
	states := []broker.State{broker.Pending, broker.Scheduled, broker.StateDead, broker.Parked}
	for i, cursor := range []string{"", "1", "1700000000000 0190", "ff", "-1", "9223372036854775808"} {
		f.Add(cursor, i)
	}
	f.Fuzz(func(t *testing.T, cursor string, n int) {
		b := New(Config{})
		defer b.Close()
		m := broker.Message{ID: broker.NewID("q", time.Now()), Queue: "q", Kind: "k", Max: 1, Payload: []byte("p")}
		if receipts, err := b.Enqueue(t.Context(), []broker.Message{m}); err != nil || receipts != nil {
			t.Fatal(receipts, err)
		}
		state := states[uint(n)%uint(len(states))]
		_, err := b.List(t.Context(), broker.ListQuery{Queue: "q", State: state, Limit: 2, Cursor: cursor})
		if err != nil && !errors.Is(err, broker.ErrInvalid) {
			t.Errorf("%v %q: %v", state, cursor, err)
		}
	})
}
