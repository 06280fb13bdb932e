package brokertest

import (
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// finish compares everything, works off what is left and looks that nothing is.
func (m *machine) finish() {
	m.everything()
	m.drain()
	m.everything()
	n := m.counts()
	if left := n.Pending + n.Scheduled + n.Parked + n.Active; left != 0 {
		m.fail("%d tasks are left: %+v", left, n)
	}
	m.events()
}

// everything compares all tasks, all lists and all events.
func (m *machine) everything() {
	m.counts()
	for ids := range slices.Chunk(m.known, 500) {
		m.found(ids)
	}
	for _, s := range []broker.State{broker.Pending, broker.Scheduled, broker.StateDead, broker.Parked} {
		m.listed(s, 100)
	}
	m.records()
	m.audit()
}

// drain lets a last worker finish all tasks, as time goes by.
func (m *machine) drain() {
	var s broker.Settings
	if m.chance("limited", 2) {
		s = m.limits()
	}
	m.settings(s)
	c := broker.Cycle{
		Session: broker.Session{Worker: "last", Queue: machineQueue}, Lease: time.Second,
		Want: broker.Want{Max: broker.MaxBatch, Suspects: true},
	}
	for range 6*len(m.known) + 200 {
		c.Seq++
		g, err := m.ask(c)
		if err != nil {
			m.fail("drain: %w", err)
		}
		if m.err != nil || len(g.Leases) == 0 && !g.More && g.Again == 0 && len(g.Parked) == 0 {
			return
		}
		c.Settle, c.Unpark = ends(broker.Done, g.Leases...), g.Parked
		if !g.More && len(g.Parked) == 0 {
			m.advance(g.Again)
		}
	}
	m.fail("the queue does not drain: %+v", m.counts())
}

// events compares what the watches have told: a last task marks their end.
func (m *machine) events() {
	m.settings(broker.Settings{})
	last := m.plain()
	last.Retention = time.Hour
	m.offer([]broker.Message{last})
	c := broker.Cycle{
		Session: broker.Session{Worker: "marker", Queue: machineQueue},
		Seq:     1, Lease: time.Second, Want: broker.Want{Max: 1},
	}
	g, _ := m.ask(c)
	c.Seq, c.Leave, c.Settle = 2, true, ends(broker.Done, g.Leases...)
	_, _ = m.ask(c)
	if m.err != nil {
		return
	}
	var told [2][]broker.Event
	for i, t := range m.tapes {
		var err error
		if told[i], err = t.until(last.ID); err != nil {
			m.fail("watch: %w", err)
		}
	}
	m.compare("events", told[0], told[1])
}
