package worker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// dice are random numbers for many goroutines.
type dice struct {
	mu     sync.Mutex
	random *rand.Rand
}

func (d *dice) roll(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.IntN(n)
}

// whim is a handler that does anything that a handler can do.
func (d *dice) whim(ctx context.Context, _ string) (string, error) {
	switch d.roll(12) {
	case 0:
		return "", errors.New("boom")
	case 1:
		return "", &Verdict{Outcome: broker.Outcome(1 + d.roll(5)), After: time.Duration(d.roll(3000)) * time.Millisecond, Err: errors.New("boom")}
	case 2:
		panic("ouch")
	case 3:
		runtime.Goexit()
	case 4:
		<-ctx.Done()
		return "", ctx.Err()
	case 5:
		time.Sleep(time.Duration(d.roll(40)) * time.Second) // longer than timeout and lease
	case 6:
		time.Sleep(time.Duration(d.roll(100)) * time.Millisecond)
	}
	return "ok", nil
}

// trouble is what a network does: now and then calls or answers are lost, and
// once in a while nothing gets through for longer than a lease.
func (d *dice) trouble(ctx context.Context) error {
	switch d.roll(40) {
	case 0, 1, 2:
		return errLost
	case 3:
		time.Sleep(time.Duration(d.roll(3000)) * time.Millisecond)
	}
	if d.roll(400) == 0 {
		time.Sleep(time.Duration(5+d.roll(10)) * time.Second)
	}
	return ctx.Err()
}

// books reports what does not add up in an engine at rest.
func (e *Engine) books() (wrong []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	check := func(what string, n int) {
		if n != 0 {
			wrong = append(wrong, fmt.Sprintf("%s: %d", what, n))
		}
	}
	for _, q := range e.queues {
		check(q.name+" asking", q.asking)
		check(q.name+" held", q.held)
		check(q.name+" running", q.running)
		check(q.name+" buffer", q.buffer.len())
		check(q.name+" finished", len(q.finished))
		e.promised -= q.quota
		q.quota = 0
	}
	check("promised", e.promised)
	check("buffered", e.buffered)
	check("active", len(e.active))
	check("suspects", e.suspects)
	check("executors beyond the slots", e.pool-e.slots)
	if e.suspector != nil {
		wrong = append(wrong, "suspector: "+e.suspector.name)
	}
	return wrong
}

// Whatever handlers, network and operators do, for some minutes: then each
// task has ended, and the books are balanced.
func TestTrouble(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			bubble(t, func(f *fixture) {
				d := &dice{random: rand.New(rand.NewPCG(seed, seed))}
				f.config.Queues, f.config.Strict = three, seed%2 == 0
				f.config.Lease, f.config.Grace = 6*time.Second, 3*time.Second
				f.config.Prefetch = []int{0, 5, Adaptive}[seed%3]
				f.config.Slots = 1 + d.roll(8)
				workers := []*fixture{f, f.another()}
				for _, w := range workers {
					w.faults.before = func(ctx context.Context, _ broker.Cycle) error { return d.trouble(ctx) }
					w.faults.after = func(broker.Cycle, *broker.Grant) error { return d.trouble(context.Background()) }
					w.handle("whim", d.whim)
					w.start()
				}
				var refs []broker.Ref
				for range 60 {
					q := three[d.roll(3)].Name
					refs = append(refs, f.put(q, "whim", times(1+d.roll(8), "x"), func(m *broker.Message) {
						m.Timeout, m.Retention = 10*time.Second, 24*time.Hour
					})...)
					f.pass(time.Duration(d.roll(2000)) * time.Millisecond)
					w := workers[d.roll(2)]
					w.engine.Resize(1 + d.roll(8))
					if d.roll(10) == 0 {
						w.stop()
						w.start()
					}
				}
				for _, w := range workers {
					w.faults.set(func() { w.faults.before, w.faults.after = nil, nil })
				}
				f.pass(20 * time.Minute)
				for _, ref := range refs {
					if s := f.find(ref).State; s != broker.StateDone && s != broker.StateDead && s != broker.StateDiscarded {
						t.Errorf("%v is %v", ref, s)
					}
				}
				for _, w := range workers {
					if wrong := w.engine.books(); wrong != nil {
						t.Errorf("the books of %s: %q", w.config.Name, wrong)
					}
				}
			})
		})
	}
}
