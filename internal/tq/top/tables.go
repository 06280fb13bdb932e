package top

import (
	"fmt"
	"strings"

	"github.com/tqgen/taskqueue/internal/console"
)

// table is the page that is shown.
func (m Model) table() *console.Table {
	switch m.page {
	case queuesPage:
		return m.queues()
	case workersPage:
		return m.workers()
	case runningPage:
		return m.running()
	case typesPage:
		return m.types()
	}
	return m.letters()
}

func (m Model) queues() *console.Table {
	t := &console.Table{Columns: console.Columns("QUEUE", ">PENDING", "OLDEST", ">ACTIVE", ">SCHEDULED", ">DEAD", ">WORKERS", ">IN/S", ">DONE/S", ">FAILED/S", "STATE")}
	s := m.now()
	for i := range s.Queues {
		q := &s.Queues[i]
		r := queueRates(m.back(rateSpan), s, q.Queue)
		oldest, state := "", console.Cell{}
		if at := s.Oldest[q.Queue]; !at.IsZero() {
			oldest = console.Span(max(0, s.At.Sub(at)))
		}
		if q.Settings.Closed {
			state = console.Cell{Text: "closed", Look: console.Warn}
		}
		if q.Settings.Paused {
			state = console.Cell{Text: "paused", Look: console.Warn}
		}
		t.Add(q.Queue, console.Number(q.Pending, console.Plain), oldest, console.Number(q.Active, console.Good), console.Number(q.Scheduled, console.Plain),
			console.Number(q.Dead, console.Bad), console.Number(q.Sessions, console.Plain), rate(r.in, console.Plain), rate(r.done, console.Plain), rate(r.failed, console.Bad), state)
	}
	return t
}

func rate(r float64, look console.Look) console.Cell {
	if r < 0.05 {
		return console.Cell{Text: "0", Look: console.Faint}
	}
	return console.Cell{Text: fmt.Sprintf("%.1f", r), Look: look}
}

func (m Model) workers() *console.Table {
	t := &console.Table{Columns: console.Columns("WORKER", "HOST", "UP", "VERSION", "QUEUES", ">BUSY", ">DONE", ">FAILED", "STATE")}
	s := m.now()
	for i := range s.Workers {
		w := &s.Workers[i]
		var queues []string
		for _, q := range w.Queues {
			queues = append(queues, q.Name)
		}
		state := console.Cell{Text: "works", Look: console.Good}
		if w.Draining {
			state = console.Cell{Text: "drains", Look: console.Warn}
		}
		t.Add(w.Name, w.Host, console.Span(s.At.Sub(w.Started)), w.Version, strings.Join(queues, ","), fmt.Sprintf("%d/%d", w.Active, w.Slots),
			console.Number(w.Counts.Done, console.Plain), console.Number(w.Counts.Failed, console.Warn), state)
	}
	return t
}

func (m Model) running() *console.Table {
	t := &console.Table{Columns: console.Columns("TYPE", "QUEUE", "RUNS FOR", ">TRY", "ID", "WORKER")}
	s := m.now()
	for i := range s.Workers {
		for _, r := range s.Workers[i].Running {
			long := console.Cell{Text: console.Span(max(0, s.At.Sub(r.Started)))}
			if r.Overdue {
				long.Look = console.Bad
			}
			t.Add(r.Kind, r.Queue, long, r.Attempt, r.ID, s.Workers[i].Name)
		}
	}
	return t
}

func (m Model) types() *console.Table {
	t := &console.Table{Columns: console.Columns("TYPE", "QUEUE", ">RUNS", ">FAILED", "WAIT", "RUN")}
	for _, k := range recent(m.back(kept), m.now()) {
		t.Add(k.Kind, k.Queue, console.Number(k.Runs(), console.Plain), console.Number(k.Failed(), console.Bad), percentiles(k.Wait), percentiles(k.Run))
	}
	return t
}

func (m Model) letters() *console.Table {
	t := &console.Table{Columns: console.Columns("TYPE", ">COUNT", "LAST", "WHAT THEY HAVE IN COMMON")}
	for _, g := range m.dead {
		t.Add(g.Kind, g.Count, console.Span(m.now().At.Sub(g.Last))+" ago", console.Cell{Text: console.Short(g.Fingerprint, 90), Look: console.Bad})
	}
	return t
}
