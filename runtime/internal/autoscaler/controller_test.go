package autoscaler

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestSteadyLoadDoesNotOscillate(t *testing.T) {
	for _, startup := range []int{0, 30} {
		for _, rate := range []float64{1, 10, 60} {
			w := begin(t, wide(), 10, "a")
			w.random, w.startup, w.rates[0] = rand.New(rand.NewPCG(1, uint64(rate))), startup, rate
			w.run(900)
			sizes := w.run(1800)
			if n := reversals(sizes); n > 1800/20/4 {
				t.Errorf("rate %v, start-up %d s: %d reversals in half an hour: %v", rate, startup, n, slices.Compact(slices.Clone(sizes)))
			}
			low, high := slices.Min(sizes), slices.Max(sizes)
			if work := rate / 2; float64(low) < work || float64(high) > 1.5*work+5 {
				t.Errorf("rate %v, start-up %d s: %d to %d workers for %v erlang", rate, startup, low, high, work)
			}
		}
	}
}

func TestTenfoldStepAndBack(t *testing.T) {
	w := begin(t, wide(), 5, "a")
	w.rates[0] = 10
	w.run(300)
	w.rates[0] = 100
	up := w.run(300)
	if at := slices.IndexFunc(up, func(n int) bool { return n >= 45 }); at < 0 || at > 3 {
		t.Errorf("45 workers after %d s: %v", at, up[:20])
	}
	w.rates[0] = 10
	down := w.run(300)
	if n := reversals(down); n > 0 || down[len(down)-1] > 10 {
		t.Errorf("%d reversals on the way down: %v", n, slices.Compact(slices.Clone(down)))
	}
}

func TestStartupIsPredicted(t *testing.T) {
	w := begin(t, wide(), 10, "a")
	w.startup, w.rates[0] = 30, 10
	w.run(60)
	w.rates[0] = 60
	first := w.until(30, func(d Decision) bool { return d.To > d.From+10 })
	peak := slices.Max(w.run(60))
	if float64(peak) > 2.5*float64(first.To) {
		t.Errorf("asked for %d workers, and for up to %d while they started", first.To, peak)
	}
}

func TestBoundsHoldAlways(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 7))
		c := randomConfig(random)
		w := begin(t, c, random.IntN(300), "a", "b")
		w.random, w.startup = random, random.IntN(3)*20
		for range 300 {
			w.disturb()
			if d := w.tick(); d.To < c.MinWorkers || d.To > c.MaxWorkers {
				t.Fatalf("seed %d: %d workers, bounds %d and %d: %v", seed, d.To, c.MinWorkers, c.MaxWorkers, d)
			}
		}
	}
}

func randomConfig(random *rand.Rand) Config {
	c := DefaultConfig()
	c.MinWorkers = 1 + random.IntN(20)
	c.MaxWorkers = c.MinWorkers + random.IntN(100)
	c.ScaleUpCount, c.ScaleDownCount = 1+random.IntN(50), 1+random.IntN(50)
	c.Triggers.QueuePressure = 0.1 + 1.9*random.Float64()
	c.Triggers.ErrorRate = random.Float64()
	c.LearningRate = 0.01 + 0.99*random.Float64()
	c.ScaleDownCooldown = time.Duration(random.IntN(100)-1) * time.Second
	if c.ScaleDownCooldown < 0 {
		c.ScaleDownCooldown = Adaptive
	}
	c.Target.SuccessRate = random.Float64()
	return c
}

// disturb changes something about a world, now and then.
func (w *world) disturb() {
	if w.random.IntN(40) != 0 {
		return
	}
	i := w.random.IntN(len(w.rates))
	switch w.random.IntN(7) {
	case 0:
		w.rates[i] = math.Exp(8*w.random.Float64() - 2)
	case 1:
		w.service[i] = math.Exp(8*w.random.Float64() - 5)
	case 2:
		w.fails[i] = w.random.Float64() * float64(w.random.IntN(2))
	case 3:
		w.waits = 30 * w.random.Float64()
	case 4:
		w.o.Memory = Memory{UsedMB: 4000 * w.random.Float64(), IdleMB: 100, LimitMB: 4000 * float64(w.random.IntN(2))}
	case 5:
		w.o.Types[i], w.o.Queues[0].Flows[i] = Type{Name: w.o.Types[i].Name}, Flow{} // counters begin again
	case 6:
		w.now = w.now.Add(time.Duration(w.random.IntN(7200)-3600) * time.Second)
	}
}

func TestWhatIsNotMeasuredIsNotGuessed(t *testing.T) {
	c := wide()
	tests := []struct {
		name    string
		disturb func(w *world)
	}{
		{"the first look", func(w *world) { w.c, _ = New(c) }},
		{"a long silence", func(w *world) { w.now = w.now.Add(2 * time.Hour) }},
		{"a clock set back", func(w *world) { w.now = w.now.Add(-2 * time.Hour) }},
		{"the same moment again", func(w *world) { w.now = w.now.Add(-time.Second) }},
		{"not a number", func(w *world) { w.o.Types[0].SuccessSeconds = math.NaN() }},
		{"infinite", func(w *world) { w.o.Memory.UsedMB = math.Inf(1) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := begin(t, c, 8, "a")
			w.rates[0] = 10
			w.run(60)
			w.o.Queues[0].Flows[0].Queued = 1000
			w.o.Queues[0].Flows[0].Arrived += 1000
			test.disturb(w)
			if d := w.tick(); d.To != d.From || d.Term != TermHold {
				t.Errorf("decided %v", d)
			}
		})
	}
}

// A process that starts again, with counters at zero, is no burst.
func TestCountersThatBeginAgain(t *testing.T) {
	w := begin(t, wide(), 8, "a")
	w.rates[0] = 10
	w.run(600)
	before := w.last.Offered
	w.o.Types[0], w.o.Queues[0].Flows[0] = Type{Name: "a"}, Flow{}
	w.o.Workers.BusySeconds, w.o.Workers.SlotSeconds = 0, 0
	sizes := w.run(60)
	if math.Abs(w.last.Offered-before) > 1 || slices.Max(sizes) > 10 {
		t.Errorf("%.1f erlang before, %.1f after; sizes %v", before, w.last.Offered, slices.Compact(slices.Clone(sizes)))
	}
}

func TestTypesAndQueuesComeAndGo(t *testing.T) {
	w := begin(t, wide(), 8, "a", "b")
	w.rates[0], w.rates[1], w.service[1] = 10, 2, 2
	w.run(120)
	want := w.c.Types[1]
	slices.Reverse(w.o.Types)
	slices.Reverse(w.o.Queues[0].Flows)
	w.o.Types = append(w.o.Types, Type{Name: "c"})
	w.o.Queues = append([]Queue{{Name: "urgent", Weight: 3}}, w.o.Queues...) // without flows yet
	w.now = w.now.Add(time.Second)
	d := w.c.Decide(w.now, w.o)
	if got := w.c.Types[0]; got.Name != "b" || math.Abs(got.Sum/got.Count-want.Sum/want.Count) > 1e-9 {
		t.Errorf("b was %+v, is %+v", want, got)
	}
	if d.To != d.From || d.Offered > d.Before {
		t.Errorf("a new order changed the size: %v", d)
	}
	w.o.Types, w.o.Queues = nil, nil
	w.now = w.now.Add(time.Second)
	if d := w.c.Decide(w.now, w.o); d.To < 2 {
		t.Errorf("with nothing to serve: %v", d)
	}
}

// Workers that were asked for and do not come are no reason to want fewer.
func TestWorkersThatNeverComeAreStillWanted(t *testing.T) {
	c := wide()
	c.ScaleDownCooldown = time.Second
	w := begin(t, c, 4, "a")
	w.rates[0], w.startup = 4, 100_000
	w.run(60)
	w.o.Queues[0].Flows[0].Queued += 2000
	w.o.Queues[0].Flows[0].Arrived += 2000
	top := slices.Max(w.run(5))
	for range 120 {
		if d := w.tick(); d.To < top {
			t.Fatalf("%d workers were wanted, %d of which do not come up, and: %v", top, w.o.Workers.Starting, d)
		}
		top = max(top, w.last.To)
	}
}
