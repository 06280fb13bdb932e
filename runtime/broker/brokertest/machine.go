package brokertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// machineQueue is the queue of a machine.
const machineQueue = "q"

// A machine does the same to the model and to a store and compares them. The
// first difference ends it and stays in err.
type machine struct {
	tb           TB
	dice         dice
	model, store Harness
	tapes        [2]*tape // what who watches them is told

	now     time.Time // of both clocks, which stand still
	horizon time.Time // when time alone brings the next work, as the last grant told
	workers []*driver
	born    int // workers so far
	known   []broker.ID
	sent    []parcel // messages that may be sent again
	made    uint64   // messages so far

	steps int
	err   error
}

func newMachine(t TB, d dice, model, store Open) *machine {
	m := &machine{tb: t, dice: d, model: model(t), store: store(t)}
	m.tapes = [2]*tape{record(t, m.model.Broker), record(t, m.store.Broker)}
	m.setClock(time.Now().Add(time.Hour).Truncate(time.Millisecond))
	for range 4 {
		m.workers = append(m.workers, &driver{name: m.workerName()})
	}
	return m
}

// step does one random command and looks at what became of it.
func (m *machine) step() {
	if m.err != nil {
		return
	}
	m.steps++
	total := 0
	for _, c := range commands {
		total += c.weight
	}
	n := m.dice.roll("command", total)
	for _, c := range commands {
		if n -= c.weight; n < 0 {
			m.tb.Logf("%s", c.name)
			c.do(m)
			break
		}
	}
	m.look()
}

// fail notes the first difference.
func (m *machine) fail(format string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf(format, args...)
	}
}

// both asks the model and the store the same question, compares the answers
// and returns the model's.
func both[T any](m *machine, what string, ask func(broker.Broker) (T, error)) (T, error) {
	model, err := ask(m.model.Broker)
	store, storeErr := ask(m.store.Broker)
	if kind(err) != kind(storeErr) {
		m.fail("%s: the model's error is %v, the store's is %v", what, err, storeErr)
	}
	m.compare(what, model, store)
	return model, err
}

func (m *machine) compare(what string, model, store any) {
	if alike(model, store) {
		return
	}
	diff := difference(model, store)
	if diff == "" {
		diff = cmp.Diff(model, store, options...)
	}
	if diff != "" {
		m.fail("%s (-model +store):\n%s", what, diff)
	}
}

// kinds are the errors that a machine may meet.
var kinds = []error{broker.ErrFenced, broker.ErrStale, broker.ErrDuplicate, broker.ErrFull, broker.ErrNotFound, broker.ErrState}

// kind is what an error is by errors.Is. One that is none of the kinds is of
// its own.
func kind(err error) error {
	for _, k := range kinds {
		if errors.Is(err, k) {
			return k
		}
	}
	return err
}

// setClock stops both clocks at the same instant.
func (m *machine) setClock(now time.Time) {
	m.now = now
	m.model.SetClock(now)
	m.store.SetClock(now)
}

// look compares all that is cheap to see: the counts, some forty tasks, one
// list, and what the audits say.
func (m *machine) look() {
	m.counts()
	m.found(m.glance(40))
	m.marks()
	states := [...]broker.State{broker.Pending, broker.Scheduled, broker.StateDead, broker.Parked}
	m.listed(states[m.steps%len(states)], broker.MaxPage)
	m.audit()
}

func (m *machine) counts() broker.QueueInfo {
	infos, _ := both(m, "counts", func(b broker.Broker) ([]broker.QueueInfo, error) {
		return b.Queues(m.tb.Context(), machineQueue)
	})
	if len(infos) != 1 {
		return broker.QueueInfo{}
	}
	return infos[0]
}

// glance picks up to n known tasks: the newest, and in turn some of the others.
func (m *machine) glance(n int) []broker.ID {
	if len(m.known) <= n {
		return m.known
	}
	ids := slices.Clone(m.known[len(m.known)-n/2:])
	for i := range n / 2 {
		ids = append(ids, m.known[(m.steps*n/2+i)%len(m.known)])
	}
	return ids
}

func (m *machine) found(ids []broker.ID) []broker.Entry {
	refs := make([]broker.Ref, len(ids))
	for i, id := range ids {
		refs[i] = broker.Ref{Queue: machineQueue, ID: id}
	}
	entries, _ := both(m, "find", func(b broker.Broker) ([]broker.Entry, error) {
		return b.Find(m.tb.Context(), refs)
	})
	return entries
}

func (m *machine) listed(s broker.State, limit int) []broker.Entry {
	entries, _ := both(m, fmt.Sprintf("list of %v", s), func(b broker.Broker) ([]broker.Entry, error) {
		return pages(m.tb.Context(), b, broker.ListQuery{Queue: machineQueue, State: s, Limit: limit})
	})
	return entries
}

func (m *machine) audit() {
	for name, h := range map[string]Harness{"model": m.model, "store": m.store} {
		for _, problem := range h.Audit(m.tb.Context(), machineQueue) {
			m.fail("audit of the %s: %s", name, problem)
		}
	}
}

// A tape records what a Watch tells.
type tape struct {
	events chan broker.Event
}

// record watches a broker until the test ends.
func record(t TB, b broker.Broker) *tape {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, ended := make(chan struct{}), make(chan struct{})
	r := &tape{events: make(chan broker.Event, 1<<14)}
	go func() {
		defer close(ended)
		_ = b.Watch(ctx, machineQueue, func() { close(ready) }, func(e broker.Event) { r.events <- e })
	}()
	t.Cleanup(func() { cancel(); <-ended })
	select {
	case <-ready:
	case <-ended:
		t.Fatalf("watch ended before it began")
	}
	return r
}

// until returns what the tape says up to the event of a task.
func (r *tape) until(last broker.ID) (events []broker.Event, err error) {
	late := time.After(patience)
	for {
		select {
		case e := <-r.events:
			if e.ID == last {
				return events, nil
			}
			events = append(events, e)
		case <-late:
			return events, errors.New("the last event did not come")
		}
	}
}
