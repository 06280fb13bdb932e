package chaos

import (
	"slices"
	"time"
)

// A task is what the ledgers say of one task.
type task struct {
	id      string
	sent    time.Time // of the first send
	due     time.Time
	acked   bool
	ackedAt time.Time
	runs    []run
}

// A run is one run of a handler.
type run struct {
	actor   string
	worker  string
	began   time.Time
	ended   time.Time // zero: it did not
	how     string
	token   uint32
	attempt int
	lost    int
}

// A fault is a time in which a process did not work, or could not reach the
// store. One that was killed never works again.
type fault struct {
	from, to time.Time // to is zero after a SIGKILL
	killed   bool
	strained bool // by the machine, and not by the scenario
}

// A history is all ledgers, sorted out.
type history struct {
	tasks   map[string]*task
	order   []string // ids, as they were sent
	faults  map[string][]fault
	downs   map[string]time.Time // when a process ended in good order
	stops   map[string]time.Time // when it was told to
	refused []Record
	outages []fault // of the store
	pulses  map[string]*pulse
}

func newHistory(records []Record) *history {
	h := &history{
		tasks: map[string]*task{}, faults: map[string][]fault{},
		downs: map[string]time.Time{}, stops: map[string]time.Time{},
		pulses: map[string]*pulse{},
	}
	for _, r := range records {
		switch r.Event {
		case Sent, Acked, Refused:
			h.produced(r)
		case Began, Ended:
			h.ran(r)
		default:
			h.happened(r)
		}
	}
	return h
}

func (h *history) task(id string) *task {
	t := h.tasks[id]
	if t == nil {
		t = &task{id: id}
		h.tasks[id] = t
		h.order = append(h.order, id)
	}
	return t
}

func (h *history) produced(r Record) {
	t := h.task(r.ID)
	switch r.Event {
	case Sent:
		if t.sent.IsZero() {
			t.sent, t.due = r.At, r.Due
		}
	case Acked:
		t.acked, t.ackedAt = true, r.At
	default:
		h.refused = append(h.refused, r)
	}
}

func (h *history) ran(r Record) {
	t := h.task(r.ID)
	if r.Event == Began {
		t.runs = append(t.runs, run{
			actor: r.Actor, worker: r.Worker, began: r.At, token: r.Token, attempt: r.Attempt, lost: r.Lost,
		})
		return
	}
	for i := len(t.runs) - 1; i >= 0; i-- {
		if run := &t.runs[i]; run.worker == r.Worker && run.token == r.Token && run.ended.IsZero() {
			run.ended, run.how = r.At, r.How
			return
		}
	}
}

func (h *history) happened(r Record) {
	switch r.Event {
	case Beat:
		h.pulse(r.Actor).beat(r.At)
	case Killed:
		h.pulse(r.Actor).hold(r.At)
		h.faults[r.Actor] = append(h.faults[r.Actor], fault{from: r.At, killed: true})
	case Paused:
		h.pulse(r.Actor).hold(r.At)
		h.faults[r.Actor] = append(h.faults[r.Actor], fault{from: r.At})
	case Resumed:
		h.pulse(r.Actor).release(r.At)
		closeLast(h.faults[r.Actor], r.At)
	case Stopped:
		h.stops[r.Actor] = r.At
	case Down:
		h.downs[r.Actor] = r.At
	case StoreDown:
		h.pulse(storeActor).hold(r.At)
		h.outages = append(h.outages, fault{from: r.At})
	case StoreUp:
		h.pulse(storeActor).release(r.At)
		closeLast(h.outages, r.At)
	}
}

func closeLast(faults []fault, at time.Time) {
	if n := len(faults); n > 0 && faults[n-1].to.IsZero() && !faults[n-1].killed {
		faults[n-1].to = at
	}
}

// sorted are the tasks as they were sent.
func (h *history) sorted() []*task {
	all := make([]*task, len(h.order))
	for i, id := range h.order {
		all[i] = h.tasks[id]
		slices.SortStableFunc(all[i].runs, func(a, b run) int { return a.began.Compare(b.began) })
	}
	return all
}

// kills is how many processes were killed.
func (h *history) kills() (n int) {
	for _, faults := range h.faults {
		for _, f := range faults {
			if f.killed {
				n++
			}
		}
	}
	return n
}
