package brokertest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// lease is the lease of the suite's workers.
const lease = 10 * time.Second

// A fixture is one case's store with a stopped clock, and short words for what
// the cases do to it.
type fixture struct {
	*testing.T
	Harness
	now   time.Time
	queue string
}

func newFixture(t *testing.T, h Harness) *fixture {
	return &fixture{T: t, Harness: h, queue: "mail"}
}

// stop stops the store's clock, ahead of real time.
func (f *fixture) stop() *fixture {
	f.now = time.Now().Add(time.Hour).Truncate(time.Millisecond)
	f.SetClock(f.now)
	return f
}

// advance moves the stopped clock.
func (f *fixture) advance(d time.Duration) {
	f.now = f.now.Add(d)
	f.SetClock(f.now)
}

func (f *fixture) audit() {
	f.Helper()
	for _, problem := range f.Audit(f.Context(), f.queue) {
		f.Errorf("audit: %s", problem)
	}
}

// task makes a message whose payload is its label.
func (f *fixture) task(label string, change ...func(*broker.Message)) broker.Message {
	m := broker.Message{
		ID:      broker.NewID(f.queue, time.Now()),
		Queue:   f.queue,
		Kind:    "test.Task",
		Max:     4,
		Payload: []byte(label),
	}
	for _, c := range change {
		c(&m)
	}
	return m
}

// enqueue adds messages; all must get in.
func (f *fixture) enqueue(messages ...broker.Message) {
	f.Helper()
	if receipts := f.offer(messages...); receipts != nil {
		f.Fatalf("not enqueued: %v", receipts)
	}
}

// offer adds messages and returns the receipts of those that are not in.
func (f *fixture) offer(messages ...broker.Message) []broker.Receipt {
	f.Helper()
	receipts, err := f.Broker.Enqueue(f.Context(), messages)
	if err != nil {
		f.Fatalf("enqueue: %v", err)
	}
	return receipts
}

// put adds plain tasks with these labels.
func (f *fixture) put(labels ...string) {
	f.Helper()
	var messages []broker.Message
	for _, l := range labels {
		messages = append(messages, f.task(l))
	}
	f.enqueue(messages...)
}

// A worker is one session of a case.
type worker struct {
	f    *fixture
	next broker.Cycle
	last broker.Cycle
}

func (f *fixture) worker(name string) *worker {
	return &worker{f: f, next: broker.Cycle{
		Session: broker.Session{Worker: name, Queue: f.queue},
		Seq:     1,
		Lease:   lease,
	}}
}

// try sends a cycle, changed as told, without expecting anything.
func (w *worker) try(change ...func(*broker.Cycle)) (broker.Grant, error) {
	c := w.next
	for _, f := range change {
		f(&c)
	}
	w.last = c
	w.next.Seq = c.Seq + 1
	return w.f.Broker.Cycle(w.f.Context(), c)
}

// cycle sends a cycle that must be answered.
func (w *worker) cycle(change ...func(*broker.Cycle)) broker.Grant {
	w.f.Helper()
	g, err := w.try(change...)
	if err != nil {
		w.f.Fatalf("cycle %d of %s: %v", w.last.Seq, w.last.Session.Worker, err)
	}
	return g
}

// repeat sends the last cycle again.
func (w *worker) repeat() (broker.Grant, error) {
	return w.f.Broker.Cycle(w.f.Context(), w.last)
}

// refused expects a cycle to be refused.
func (w *worker) refused(want error, change ...func(*broker.Cycle)) {
	w.f.Helper()
	_, err := w.try(change...)
	w.f.equal("error of the cycle", err, want)
}

// claim wants n leases.
func (w *worker) claim(n int) []broker.Lease {
	w.f.Helper()
	return w.cycle(want(n)).Leases
}

// claimed expects the labels of what a claim of n gets.
func (w *worker) claimed(n int, labels ...string) []broker.Lease {
	w.f.Helper()
	leases := w.claim(n)
	w.f.equal("claimed", labelsOf(leases), labels)
	return leases
}

// end settles leases in a cycle that claims nothing.
func (w *worker) end(o broker.Outcome, leases ...broker.Lease) {
	w.f.Helper()
	w.cycle(settle(ends(o, leases...)...))
}

// want asks a cycle for n leases.
func want(n int) func(*broker.Cycle) {
	return func(c *broker.Cycle) { c.Want.Max = n }
}

// wantAny asks a cycle for n leases and accepts a suspect.
func wantAny(n int) func(*broker.Cycle) {
	return func(c *broker.Cycle) { c.Want = broker.Want{Max: n, Suspects: true} }
}

func settle(s ...broker.Settle) func(*broker.Cycle) {
	return func(c *broker.Cycle) { c.Settle = s }
}

func seq(n uint64) func(*broker.Cycle) {
	return func(c *broker.Cycle) { c.Seq = n }
}

func leave(c *broker.Cycle) { c.Leave = true }

// ends makes settles of one outcome.
func ends(o broker.Outcome, leases ...broker.Lease) []broker.Settle {
	settles := make([]broker.Settle, len(leases))
	for i := range leases {
		settles[i] = broker.Settle{Lease: &leases[i], Outcome: o}
	}
	return settles
}

func labelsOf(leases []broker.Lease) []string {
	var labels []string
	for _, l := range leases {
		labels = append(labels, string(l.Payload))
	}
	return labels
}

// equal compares what a case got with what it wants.
func (f *fixture) equal(what string, got, want any) {
	f.Helper()
	if diff := cmp.Diff(want, got, options...); diff != "" {
		f.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// options compare what stores return: errors by errors.Is, nil like empty, IDs
// as text, and many bytes by their sum, as a diff of them takes long and tells
// nothing.
var options = []cmp.Option{
	cmpopts.EquateErrors(), cmpopts.EquateEmpty(), cmp.Transformer("text", broker.ID.String),
	cmp.FilterValues(func(a, b []byte) bool { return len(a)+len(b) > 200 }, cmp.Transformer("summary", summary)),
}

func summary(b []byte) string {
	return fmt.Sprintf("%d bytes, %.20q to %.20q, sum %x", len(b), b, b[max(0, len(b)-20):], sha256.Sum256(b))
}

// sessions is how many of the queue are known.
func (f *fixture) sessions() int64 {
	f.Helper()
	n := f.info()
	return n.Sessions + n.Lapsed
}

// info counts the fixture's queue.
func (f *fixture) info() broker.QueueInfo {
	f.Helper()
	infos, err := f.Broker.Queues(f.Context(), f.queue)
	if err != nil || len(infos) != 1 {
		f.Fatalf("queues: %v, %v", infos, err)
	}
	return infos[0]
}

// find looks a task up.
func (f *fixture) find(id broker.ID) broker.Entry {
	f.Helper()
	entries, err := f.Broker.Find(f.Context(), []broker.Ref{{Queue: f.queue, ID: id}})
	if err != nil || len(entries) != 1 {
		f.Fatalf("find: %v, %v", entries, err)
	}
	return entries[0]
}

// list collects all pages of a state.
func (f *fixture) list(s broker.State, limit int) []broker.Entry {
	f.Helper()
	entries, err := pages(f.Context(), f.Broker, broker.ListQuery{Queue: f.queue, State: s, Limit: limit})
	if err != nil {
		f.Fatalf("list: %v", err)
	}
	return entries
}

func pages(ctx context.Context, b broker.Broker, q broker.ListQuery) (all []broker.Entry, err error) {
	for {
		p, err := b.List(ctx, q)
		if err != nil {
			return nil, err
		}
		if len(p.Entries) > q.Limit {
			return nil, errors.New("a page is longer than its limit")
		}
		all = append(all, p.Entries...)
		if p.Next == "" {
			return all, nil
		}
		q.Cursor = p.Next
	}
}
