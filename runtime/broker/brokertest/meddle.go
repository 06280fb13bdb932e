package brokertest

import (
	"fmt"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// What a machine does from outside.

// edit changes some tasks, most of them new ones.
func (m *machine) edit() {
	if len(m.known) == 0 {
		return
	}
	var edits []broker.Edit
	for range 1 + m.dice.roll("edits", 3) {
		age := m.dice.roll("age", min(len(m.known), 30))
		edits = append(edits, broker.Edit{
			Ref:    broker.Ref{Queue: machineQueue, ID: m.known[len(m.known)-1-age]},
			Action: broker.Cancel + broker.Action(m.dice.roll("action", 4)),
			After:  pick(m, "after", delays),
			Reason: pick(m, "reason", reasons),
		})
	}
	m.tb.Logf("%+v", edits)
	_, _ = both(m, "edit", func(b broker.Broker) ([]broker.Receipt, error) {
		receipts, err := b.Edit(m.tb.Context(), edits)
		for i := range receipts {
			receipts[i].Err = kind(receipts[i].Err)
		}
		return receipts, err
	})
}

// configure changes the settings; mostly it takes back what it did before.
func (m *machine) configure() {
	s := pick(m, "settings", []broker.Settings{{}, {}, {Paused: true}, {MaxTasks: 20}, {Closed: true}})
	if m.chance("limits", 2) {
		s = m.limits()
	}
	switch m.dice.roll("version", 4) {
	case 2:
		s.Version = m.counts().Settings.Version
	case 3:
		s.Version = pick(m, "version", []uint64{broker.Unset, 2})
	}
	m.settings(s)
}

func (m *machine) settings(s broker.Settings) {
	m.tb.Logf("%+v", s)
	_, _ = both(m, "configure", func(b broker.Broker) (struct{}, error) {
		return struct{}{}, b.Configure(m.tb.Context(), machineQueue, s)
	})
}

// purge drops all tasks of a state, rarely the pending ones.
func (m *machine) purge() {
	s := pick(m, "state", []broker.State{broker.StateDead, broker.StateDead, broker.Scheduled, broker.Parked, broker.Pending})
	m.tb.Logf("%v", s)
	_, _ = both(m, "purge", func(b broker.Broker) (int64, error) {
		return b.Purge(m.tb.Context(), machineQueue, s)
	})
}

// progress is what some runs tell: also of a lease that is not held.
func (m *machine) progress(w *driver) (all []broker.Progress) {
	if !m.chance("progress", 5) {
		return nil
	}
	tell := func(l broker.Lease) {
		all = append(all, broker.Progress{Lease: &l, Data: fmt.Appendf(nil, "at %v", m.now.Unix())})
	}
	for i := range min(2, len(w.held)) {
		tell(w.held[i])
	}
	if n := len(w.past); n > 0 {
		tell(w.past[n-1])
	}
	return all
}

func (m *machine) marks() {
	_, _ = both(m, "marks", func(b broker.Broker) ([]int64, error) {
		return b.Marks(m.tb.Context(), machineQueue, onces)
	})
}
