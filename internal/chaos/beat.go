package chaos

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
)

// On a busy machine a process, or the store, may stand still for seconds that no
// scenario has planned, and a lease lapses. So that the checker can tell this from
// a fault of ours, every process writes a beat while it runs, and the scenario one
// for each answer of the store: a gap between two is a stall.
const (
	beatEvery  = 100 * time.Millisecond
	storeActor = "store"
)

// beat writes beats until ctx ends.
func (l *Ledger) beat(ctx context.Context) {
	for l.Write(Record{Event: Beat, Goroutines: runtime.NumGoroutine()}) == nil && sleep(ctx, beatEvery) == nil {
		continue
	}
}

// startBeats returns how to end them.
func (l *Ledger) startBeats() (end func()) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.beat(ctx)
	}()
	return func() {
		stop()
		<-done
	}
}

// watch writes a beat for each answer of a server, until the stage closes.
func (s *Stage) watch(server *redistest.Server) {
	ledger := s.ledger
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for sleep(ctx, beatEvery) == nil {
			if server.Ping() == nil {
				_ = ledger.Write(Record{Event: Beat, Actor: storeActor}) // its end is told elsewhere
			}
		}
	}()
	s.ends = append(s.ends, func() {
		stop()
		<-done
	})
}

// A pulse is what the beats of one actor say.
type pulse struct {
	last   time.Time
	stalls []fault
	still  bool // a scenario holds it up
}

// leastStall is a gap that counts: shorter ones are within what timers promise.
const leastStall = 50 * time.Millisecond

// beat is a sign of life.
func (p *pulse) beat(at time.Time) {
	if !p.last.IsZero() && !p.still && at.Sub(p.last) > beatEvery+leastStall {
		p.stalls = append(p.stalls, fault{from: p.last, to: at})
	}
	p.last = at
}

// hold is the beginning of what a scenario does to the actor, and its last beat if
// it is killed; release is the end of that.
func (p *pulse) hold(at time.Time) {
	if !p.last.IsZero() {
		p.beat(at)
	}
	p.still = true
}

func (p *pulse) release(at time.Time) { p.last, p.still = at, false }

// late is how late the machine was to what anybody waited for, at the worst.
func (h *history) late() (worst time.Duration) {
	for _, p := range h.pulses {
		for _, s := range p.stalls {
			worst = max(worst, s.to.Sub(s.from)-beatEvery)
		}
	}
	return worst
}

// strains are the times in which the machine kept an actor from the store for so
// long that a lease may have lapsed: stalls of both, and the store's absence. A
// lease is renewed each quarter of its time.
func (h *history) strains(actor string, lease time.Duration) (all []fault) {
	spans := h.standstills(actor)
	for _, o := range h.outages {
		if !o.to.IsZero() {
			spans = append(spans, o)
		}
	}
	for _, s := range join(spans) {
		if s.to.Sub(s.from) > lease*3/4-beatEvery {
			s.strained = true
			all = append(all, s)
		}
	}
	return all
}

// standstills are the stalls of an actor and of the store.
func (h *history) standstills(actor string) []fault {
	return append(slices.Clone(h.pulse(actor).stalls), h.pulse(storeActor).stalls...)
}

// join makes one of spans with next to nothing between them.
func join(spans []fault) (all []fault) {
	slices.SortFunc(spans, func(a, b fault) int { return a.from.Compare(b.from) })
	for _, s := range spans {
		if n := len(all); n > 0 && s.from.Sub(all[n-1].to) <= beatEvery {
			if s.to.After(all[n-1].to) {
				all[n-1].to = s.to
			}
			continue
		}
		all = append(all, s)
	}
	return all
}

// pulse is that of an actor.
func (h *history) pulse(actor string) *pulse {
	p := h.pulses[actor]
	if p == nil {
		p = &pulse{}
		h.pulses[actor] = p
	}
	return p
}

// excused reports whether the machine had a part in a repeat: something stood still
// between the first run and the second, for longer than from one renewal of a lease
// to the next.
func (c *checker) excused(before, r *run) bool {
	spans := c.strains(before.actor, c.terms.Lease)
	for _, actor := range []string{before.actor, r.actor, storeActor} {
		spans = append(spans, c.pulse(actor).stalls...)
	}
	return slices.ContainsFunc(spans, func(s fault) bool {
		return s.to.Sub(s.from) > c.terms.Lease/4 && s.from.Before(r.began) && s.to.After(before.began.Add(-c.terms.Lease))
	})
}

// Within is a limit as far as the machine let it be kept.
func (s *Stage) Within(limit time.Duration) time.Duration {
	s.t.Helper()
	return limit + lateness(newHistory(s.records()))
}

// lateness is what limits of time allow for: what waits for what waits is late
// more than once.
func lateness(h *history) time.Duration { return 3 * h.late() }
