package worker

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// What nobody here can run is parked at once: it spends no attempt, costs nothing,
// and holds nobody up. When it is too old it is dead.
func TestUnknownKind(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.UnknownAge = time.Hour
		f.handle("known", sleeper)
		var parked []broker.Shape
		f.config.OnPark = func(queue string, s broker.Shape) { parked = append(parked, s) }
		f.start()
		ref := f.one("strange")
		known := f.put("mail", "known", []string{"1ms"})[0]
		f.pass(2 * time.Millisecond)
		if e := f.find(ref); e.State != broker.Parked || e.Message.Attempts != 0 || e.Message.Lost != 0 {
			t.Errorf("%v after %d attempts, %d lost", e.State, e.Message.Attempts, e.Message.Lost)
		}
		if e := f.find(known); e.State != broker.StateDone {
			t.Errorf("its neighbour is %v", e.State)
		}
		f.pass(30 * time.Minute)
		if n := f.engine.Stats().Unknown; n != 1 || len(parked) != 1 || parked[0].Kind != "strange" {
			t.Errorf("parked %d times: %v", n, parked)
		}
		if lines := f.log.grep("no handler for this kind"); len(lines) != 1 {
			t.Errorf("%d lines in the log", len(lines))
		}
		young := f.one("strange")
		f.pass(31 * time.Minute)
		e := f.find(ref)
		if e.State != broker.StateDead || !strings.HasPrefix(e.Reason, `taskqueue: no handler for this kind of task: "strange", for 1h0m`) {
			t.Errorf("after an hour it is %v: %q", e.State, e.Reason)
		}
		if e := f.find(young); e.State != broker.Parked {
			t.Errorf("a younger one is %v", e.State)
		}
		f.pass(time.Hour)
		if e := f.find(young); e.State != broker.StateDead {
			t.Errorf("later it is %v", e.State)
		}
		if n := f.engine.Stats().Unknown; n > 12 {
			t.Errorf("it was looked at %d times", n)
		}
	})
}

// A worker that knows a kind takes what was parked before it came, as fast as if it
// had waited in a lane, and in its order.
func TestUnknownKindRunsWhereItIsKnown(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.start()
		f.put("mail", "strange", times(2000, "x"))
		f.pass(time.Minute)
		if info := f.info("mail"); info.Parked != 2000 || info.Pending != 0 {
			t.Fatalf("%+v", info)
		}
		other := f.another()
		other.config.Slots = 10
		other.handle("strange", func(context.Context, string) (string, error) { return "", nil })
		other.start()
		f.pass(1500 * time.Millisecond)
		if info := f.info("mail"); info.Parked != 0 || info.Done != 2000 {
			t.Errorf("%+v", info)
		}
	})
}

// An idle worker that knows what another one has parked takes it when it is told.
func TestLook(t *testing.T) {
	bubble(t, func(f *fixture) {
		for _, name := range []string{"a", "b", "c", "d", "e", "f"} { // so many that an idle one does not cycle
			f.config.Queues = append(f.config.Queues, Queue{name, 1})
		}
		knows := f.another()
		knows.handle("strange", sleeper)
		knows.start()
		f.pass(time.Minute)
		f.config.OnPark = func(queue string, _ broker.Shape) { go knows.engine.Look(queue) }
		f.start()
		for range 20 {
			f.put("mail", "strange", []string{"1ms"})
			f.pass(10 * time.Millisecond)
		}
		if info := f.info("mail"); info.Done != 20 {
			t.Errorf("%+v", info)
		}
		if s := f.engine.Stats(); s.Unknown == 0 {
			t.Error("nothing was parked")
		}
	})
}
