// Package brokertest is the law for stores in code: [Run] is the conformance
// suite, [Property] drives a store beside the model and compares the two after
// each step. A store's tests call both:
//
//	func TestConformance(t *testing.T) { brokertest.Run(t, open) }
//	func TestProperty(t *testing.T)    { brokertest.Property(t, brokertest.Model, open) }
package brokertest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
)

// A Harness is a store under test.
type Harness struct {
	Broker broker.Broker

	// SetClock stops the store's clock at an instant. Before the first call
	// the clock runs in real time. The suite moves a stopped clock forwards
	// only, and never to before real time: what a store lets its server
	// expire by real time must therefore carry its instant as well.
	SetClock func(now time.Time)

	// Audit checks the structures of a queue while nobody uses it and returns
	// the problems found, in words that name the task, the session or the key.
	// It is a store's own, as only the store knows its structures, and should
	// read them raw instead of through the Broker. What it has to see: each
	// task is in exactly one place, and that is the lane, the state or the
	// claim that its envelope asks for; what is ordered is in order; a session
	// is where it will be found when it lapses, and a fenced one holds claims;
	// a lane of a group that is not empty is ready, or aside at a limit that holds;
	// the runs that limits count are those in claims;
	// a unique key without a window is held by a task that has not ended; the
	// counters add up (Enqueued is all that is here, Done and Discarded; Died
	// is Dead); nothing is left over that no task, session or outcome needs.
	// An unknown queue is sound. See membroker.Audit for an example.
	Audit func(ctx context.Context, queue string) []string
}

// TB is what opening a store needs of a test. *testing.T and *rapid.T have it.
type TB interface {
	Helper()
	Cleanup(func())
	Context() context.Context
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Open makes a harness over an empty store. It registers with t whatever must
// be closed afterwards, the broker too.
type Open func(t TB) Harness

// Model opens the model: a membroker.
func Model(t TB) Harness {
	var c clock
	b := membroker.New(membroker.Config{Now: c.now})
	t.Cleanup(func() { _ = b.Close() })
	return Harness{
		Broker:   b,
		SetClock: c.set,
		Audit:    func(_ context.Context, queue string) []string { return b.Audit(queue) },
	}
}

// A clock runs in real time until it is set.
type clock struct {
	mu      sync.Mutex
	stopped time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped.IsZero() {
		return time.Now()
	}
	return c.stopped
}

func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = now
}

// A test is one case of the suite.
type test struct {
	name string
	run  func(f *fixture)
}

// Run runs the conformance suite: each case is a subtest with a fresh store,
// and an audit follows it.
func Run(t *testing.T, open Open) {
	for _, c := range slices.Concat(tests...) {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, open(t))
			c.run(f)
			f.audit()
		})
	}
}

var tests = [][]test{
	laneTests, groupTests, parkTests, boundTests, limitTests, sessionTests, settleTests, reclaimTests, scheduleTests, againTests, uniqueTests,
	outcomeTests, editTests, waitTests, inspectTests, byteTests, invalidTests, concurrentTests, recordTests,
}
