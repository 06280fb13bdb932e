package redisbroker

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// fuzzed is a rig of a fuzz target; each call has a queue of its own.
func fuzzed(f *testing.F) func(t *testing.T) *rig {
	s := redistest.Start(f)
	b, err := Open(f.Context(), s.URL(), Config{Logger: quiet})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = b.Close() })
	return func(t *testing.T) *rig {
		s.Do(t, "FLUSHALL")
		return newRig(t, b)
	}
}

// FuzzScripts: whatever element a foreign hand puts where, every script goes on, and
// the healthy tasks run.
func FuzzScripts(f *testing.F) {
	open := fuzzed(f)
	m := broker.Message{ID: broker.NewID("q", time.Now()), Queue: "q", Kind: "k", Max: 3, Payload: []byte("p")}
	plain := appendEnvelope(nil, &m)
	m.Group, m.Key, m.Unique.Key = "g", "key", "unique"
	f.Add(plain)
	f.Add(appendEnvelope(nil, &m))
	f.Add(plain[:20])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, element []byte) {
		r := open(t)
		id := append(append([]byte(nil), element...), make([]byte, 16)...)[:16]
		r.put(r.tasks(3, "x")...)
		h := r.hand("vanishes")
		h.next.Lease = time.Second
		h.cycle(1)
		r.do("rpush", r.key("claim:vanishes:1"), element)
		r.do("zadd", r.key("holders"), 1, "vanishes")
		for _, lane := range laneNames {
			r.do("lpush", r.key("p:"+lane), element)
		}
		r.do("hset", r.key("z:data"), id, element)
		r.do("zadd", r.key("z"), 1, id)
		r.do("hset", r.key("g:data"), id, "0000000000000001"+string(element))
		r.do("zadd", r.key("g"), 0, "3g\x00\x000000000000000001"+string(id))
		w := r.hand("w")
		w.cycle(0)
		healthy := 0
		for range 100 {
			g := w.cycle(10)
			for _, l := range g.Leases {
				if string(l.Payload) == "x" {
					healthy++
				}
			}
			w.cycle(0, ends(broker.Done, g.Leases...)...)
			if len(g.Leases) == 0 && !g.More {
				break
			}
		}
		if healthy < 3 {
			t.Errorf("%d of 3 healthy tasks ran", healthy)
		}
		if _, err := r.b.Repair(t.Context(), r.queue); err != nil {
			t.Error(err)
		}
	})
}

// FuzzListCursor: any text is a cursor, or is refused.
func FuzzListCursor(f *testing.F) {
	open := fuzzed(f)
	states := []broker.State{broker.Pending, broker.Scheduled, broker.StateDead, broker.Parked}
	for i, cursor := range []string{"", "1 0", "2 g00", "1700000000000 0190", "ff", "00", "-1 x", "9 9999999999999999999"} {
		f.Add(cursor, i)
	}
	f.Fuzz(func(t *testing.T, cursor string, n int) {
		r := open(t)
		r.put(r.tasks(3, "x")...)
		state := states[uint(n)%uint(len(states))]
		_, err := r.b.List(t.Context(), broker.ListQuery{Queue: r.queue, State: state, Limit: 2, Cursor: cursor})
		if err != nil && !errors.Is(err, broker.ErrInvalid) {
			t.Errorf("%v %q: %v", state, cursor, err)
		}
	})
}

// FuzzSettings: whatever the hash of settings holds, there are settings; and those
// that are written are read again.
func FuzzSettings(f *testing.F) {
	f.Add("rate", "5 1000 3")
	f.Add("limit:g", "1/5 1000 3/2/")
	f.Add("dead", "1 2 3")
	f.Fuzz(func(t *testing.T, name, value string) {
		s := settingsOf([]any{name, value})
		again := settingsOf(textOf(settingsArguments(&s)))
		if diff := cmp.Diff(again, settingsOf(textOf(settingsArguments(&again)))); diff != "" {
			t.Errorf("%q %q is read as %+v, then (-want +got):\n%s", name, value, s, diff)
		}
	})
}

// textOf is what Redis makes of arguments.
func textOf(args []any) []any {
	texts := make([]any, len(args))
	for i, a := range args {
		texts[i] = redisText(a)
	}
	return texts
}

func redisText(a any) string {
	if s, ok := a.(string); ok {
		return s
	}
	return fmt.Sprint(a)
}
