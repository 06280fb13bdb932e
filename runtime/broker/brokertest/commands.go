package brokertest

import (
	"context"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A command is one thing that a machine does, as often as its weight says.
type command struct {
	name   string
	weight int
	do     func(*machine)
}

var commands = []command{
	{"cycle", 24, func(m *machine) { m.cycle(m.worker(), false) }},
	{"enqueue", 10, func(m *machine) { m.enqueue(m.messages(1 + m.dice.roll("messages", 5))) }},
	{"enqueue many", 2, func(m *machine) { m.enqueue(m.messages(20 + m.dice.roll("messages", 40))) }},
	{"enqueue alike", 3, func(m *machine) { m.enqueue(m.alike(5 + m.dice.roll("messages", 60))) }},
	{"send again", 4, (*machine).sendAgain},
	{"advance", 8, func(m *machine) { m.advance(pick(m, "advance", pauses)) }},
	{"advance to the next work", 6, (*machine).advanceToWork},
	{"repeat", 5, func(m *machine) { m.repeat(m.worker()) }},
	{"stale cycle", 2, func(m *machine) { m.stale(m.worker()) }},
	{"leave", 2, func(m *machine) { m.cycle(m.worker(), true) }},
	{"edit", 6, (*machine).edit},
	{"configure", 3, (*machine).configure},
	{"purge", 1, (*machine).purge},
	{"list", 2, (*machine).list},
	{"wait", 2, (*machine).wait},
	{"record", 4, (*machine).record},
	{"append", 1, (*machine).append},
}

// A driver is a worker of a machine: what a process knows of its session.
type driver struct {
	name   string
	last   broker.Cycle   // the last one answered; its Seq is 0 before
	gone   bool           // the session was fenced, or has left
	held   []broker.Lease // not settled yet
	past   []broker.Lease // settled, lost or given back
	grants []broker.Lease // of the last cycle answered
	parked []broker.Shape // likewise
}

func (m *machine) worker() *driver { return m.workers[m.dice.roll("worker", len(m.workers))] }

// cycle sends the next cycle of a worker.
func (m *machine) cycle(w *driver, leave bool) {
	c := broker.Cycle{
		Seq:   m.seq(w),
		Lease: pick(m, "lease", leases),
		Want:  broker.Want{Max: pick(m, "want", wants), Suspects: m.dice.roll("suspects", 2) == 1},
		Leave: leave,
	}
	c.Session = broker.Session{Worker: w.name, Queue: machineQueue} // seq may have renamed it
	c.Settle = m.settles(w)
	c.Progress = m.progress(w)
	c.Unpark = m.unparks(w)
	c.Promote = pick(m, "promote", []int{0, 0, 1, 3})
	m.send(w, c)
}

// seq picks the number of a worker's next cycle. A worker whose session is
// gone begins again, under its name or a new one, or does not know yet.
func (m *machine) seq(w *driver) uint64 {
	if w.gone {
		switch m.dice.roll("begin again", 4) {
		case 0, 1:
			*w = driver{name: m.workerName()}
		case 2:
			*w = driver{name: w.name}
		}
	}
	next := w.last.Seq + 1
	switch m.dice.roll("gap", 8) {
	case 6:
		return next + 2
	case 7:
		return (next/broker.FairnessInterval + 1) * broker.FairnessInterval
	}
	return next
}

// send sends a cycle and keeps what it brings.
func (m *machine) send(w *driver, c broker.Cycle) {
	g, err := m.ask(c)
	switch kind(err) {
	case nil:
		w.settled(c.Settle)
		w.last, w.gone, w.grants, w.parked = c, c.Leave, g.Leases, g.Parked
		w.held = append(w.held, g.Leases...)
		if c.Leave {
			w.lose()
		}
	case broker.ErrFenced:
		w.gone = true
		w.lose()
	}
}

func (m *machine) ask(c broker.Cycle) (broker.Grant, error) {
	m.tb.Logf("%+v", c)
	g, err := both(m, "grant", func(b broker.Broker) (broker.Grant, error) { return b.Cycle(m.tb.Context(), c) })
	if err == nil {
		m.horizon = g.Now.Add(g.Again)
	}
	return g, err
}

// lose is what a worker does when its session is gone.
func (w *driver) lose() {
	w.past = append(w.past, w.held...)
	w.held = nil
}

func (w *driver) settled(all []broker.Settle) {
	for i := range all {
		if k := slices.IndexFunc(w.held, func(l broker.Lease) bool { return sameLease(&l, all[i].Lease) }); k >= 0 {
			w.past = append(w.past, w.held[k])
			w.held = slices.Delete(w.held, k, k+1)
		}
	}
}

func sameLease(a, b *broker.Lease) bool {
	return a.Claim == b.Claim && a.Index == b.Index && a.ID == b.ID
}

// repeat sends a worker's last cycle again, as if its answer had been lost. A
// first cycle whose session has been forgotten begins a new one.
func (m *machine) repeat(w *driver) {
	if w.last.Seq == 0 {
		return
	}
	g, err := m.ask(w.last)
	switch {
	case kind(err) == broker.ErrFenced:
		w.gone = true
		w.lose()
	case w.last.Seq == 1:
		*w = driver{name: w.name, last: w.last, gone: w.last.Leave, held: g.Leases, grants: g.Leases}
	default:
		m.compare("leases of the repeat", w.grants, g.Leases)
	}
}

// stale sends a cycle with an old number. It must do nothing, whatever it says.
func (m *machine) stale(w *driver) {
	if w.gone || w.last.Seq < 2 {
		return
	}
	m.send(w, broker.Cycle{
		Session: w.last.Session,
		Seq:     1 + uint64(m.dice.roll("seq", int(w.last.Seq-1))),
		Lease:   broker.MaxLease,
		Settle:  m.settles(w),
		Want:    broker.Want{Max: 9, Suspects: true},
	})
}

// advance moves both clocks.
func (m *machine) advance(d time.Duration) {
	m.tb.Logf("%v", d)
	m.setClock(m.now.Add(d))
}

// advanceToWork moves both clocks to the instant that the last grant told of,
// or to just before.
func (m *machine) advanceToWork() {
	before := time.Duration(m.dice.roll("milliseconds before", 2)) * time.Millisecond
	if at := m.horizon.Add(-before); at.After(m.now) {
		m.advance(at.Sub(m.now))
	}
}

// list compares a list in pages of a random size.
func (m *machine) list() {
	state := pick(m, "state", []broker.State{broker.Pending, broker.Scheduled, broker.StateDead, broker.Parked})
	m.listed(state, 1+m.dice.roll("limit", 30))
}

// wait expects Wait to return where work is pending.
func (m *machine) wait() {
	if n := m.counts(); n.Pending == 0 || n.Settings.Paused || n.Settings.Limited() {
		return
	}
	ctx, cancel := context.WithTimeout(m.tb.Context(), patience)
	defer cancel()
	_, _ = both(m, "wait", func(b broker.Broker) (string, error) {
		return b.Wait(ctx, []string{"empty", machineQueue})
	})
}
