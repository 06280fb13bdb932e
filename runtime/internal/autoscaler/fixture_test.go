package autoscaler

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// A world is a fleet without queueing theory: what comes is served as fast as
// the workers there are allow. It lives in ticks of a second.
type world struct {
	t       *testing.T
	c       *Controller
	now     time.Time
	o       Observation
	random  *rand.Rand // nil: arrivals are even
	rates   []float64  // arrivals a second, by type
	service []float64  // s, by type
	fails   []float64  // share of attempts, by type
	startup int        // s
	waits   float64    // 95th percentile that is reported, s
	carry   []float64  // fractions of arrivals
	starts  []int      // workers that come up in 1, 2, … s
	last    Decision
	watch   func(now time.Time, o Observation) // may be nil; sees what a decision was made on
}

var worldBegin = time.Date(2026, time.March, 1, 11, 0, 0, 0, time.UTC)

// begin makes a world of one queue with a worker for every size.
func begin(t *testing.T, c Config, size int, types ...string) *world {
	t.Helper()
	controller, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, c: controller, now: worldBegin}
	n := len(types)
	w.rates, w.service, w.fails, w.carry = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	w.o.Workers.Ready = size
	w.o.Queues = []Queue{{Name: "default", Weight: 1, Flows: make([]Flow, n)}}
	for i, name := range types {
		w.o.Types = append(w.o.Types, Type{Name: name})
		w.service[i] = 0.5
	}
	return w
}

func (w *world) arrivals(i int) int {
	w.carry[i] += w.rates[i]
	if w.random != nil {
		w.carry[i] += math.Sqrt(w.rates[i]) * w.random.NormFloat64()
	}
	n := max(0, int(w.carry[i]))
	w.carry[i] -= float64(n)
	return n
}

// tick lets a second pass and takes the decision.
func (w *world) tick() Decision {
	w.now = w.now.Add(time.Second)
	q := &w.o.Queues[0]
	free := float64(w.o.Workers.Ready) * w.o.Workers.slots()
	w.o.Workers.SlotSeconds += free
	for i := range w.o.Types {
		f, ty := &q.Flows[i], &w.o.Types[i]
		n := w.arrivals(i)
		f.Arrived += uint64(n)
		f.Queued += n
		served := min(f.Queued, int(free/w.service[i]))
		f.Queued -= served
		ty.Running = int(math.Ceil(float64(served) * w.service[i]))
		free -= float64(served) * w.service[i]
		w.o.Workers.BusySeconds += float64(served) * w.service[i]
		bad := int(math.Round(float64(served) * w.fails[i]))
		good := served - bad
		ty.Failed += uint64(bad)
		ty.FailedSeconds += float64(bad) * w.service[i]
		ty.Retried += uint64(bad)
		f.Queued += bad
		ty.Succeeded += uint64(good)
		ty.SuccessSeconds += float64(good) * w.service[i]
		ty.SuccessSquares += float64(good) * w.service[i] * w.service[i] * 2
		q.Started = 100
	}
	q.WaitP95Seconds = w.waits
	w.last = w.c.Decide(w.now, w.o)
	if w.watch != nil {
		w.watch(w.now, w.o)
	}
	w.act(w.last.To)
	return w.last
}

// act carries a decision out.
func (w *world) act(to int) {
	workers := &w.o.Workers
	if len(w.starts) > 0 {
		workers.Ready += w.starts[0]
		workers.Starting -= w.starts[0]
		workers.Startups += uint64(w.starts[0])
		workers.StartupSeconds += float64(w.starts[0] * w.startup)
		w.starts = w.starts[1:]
	}
	if extra := to - workers.size(); extra > 0 {
		if w.startup == 0 {
			workers.Ready += extra
			workers.Startups += uint64(extra)
			return
		}
		for len(w.starts) < w.startup {
			w.starts = append(w.starts, 0)
		}
		w.starts[w.startup-1] += extra
		workers.Starting += extra
		return
	}
	for i := len(w.starts) - 1; i >= 0; i-- {
		k := min(w.starts[i], workers.size()-to)
		w.starts[i] -= k
		workers.Starting -= k
	}
	workers.Ready -= workers.size() - to
}

// run lets seconds pass and returns the sizes that were decided.
func (w *world) run(seconds int) []int {
	var sizes []int
	for range seconds {
		sizes = append(sizes, w.tick().To)
	}
	return sizes
}

// until lets seconds pass until a decision has what is looked for.
func (w *world) until(seconds int, what func(Decision) bool) Decision {
	w.t.Helper()
	for range seconds {
		if d := w.tick(); what(d) {
			return d
		}
	}
	w.t.Fatalf("not within %d s; last: %v", seconds, w.last)
	return Decision{}
}

func wide() Config {
	c := DefaultConfig()
	c.MinWorkers, c.MaxWorkers = 2, 200
	return c
}

// reversals counts changes of direction.
func reversals(sizes []int) int {
	n, direction := 0, 0
	for i := 1; i < len(sizes); i++ {
		d := sizes[i] - sizes[i-1]
		if d == 0 {
			continue
		}
		if direction*d < 0 {
			n++
		}
		direction = d
	}
	return n
}
