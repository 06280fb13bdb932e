package autoscaler

import (
	"fmt"
	"slices"
	"testing"
)

// A downstream that fails is never answered with more workers.
func TestFailuresNeverRaise(t *testing.T) {
	for _, fails := range []float64{0.7, 0.9, 1} {
		for _, rate := range []float64{4, 40} {
			t.Run(fmt.Sprintf("%v of %v a second", fails, rate), func(t *testing.T) {
				w := begin(t, wide(), 8, "a")
				w.rates[0] = rate
				w.run(300)
				w.fails[0] = fails
				w.until(60, func(d Decision) bool { return len(d.Caps) > 0 })
				w.rates[0] *= 3 // whatever comes
				size := w.o.Workers.size()
				for range 600 {
					if d := w.tick(); d.To > size {
						t.Fatalf("the brake is on, and: %v", d)
					}
					size = w.o.Workers.size()
				}
				w.fails[0] = 0
				w.until(300, func(d Decision) bool { return len(d.Caps) == 0 })
			})
		}
	}
}

// Some failures are not a reason to starve: the size is that of the same load
// without them.
func TestFewFailuresDoNotStarve(t *testing.T) {
	well, ill := begin(t, wide(), 8, "a"), begin(t, wide(), 8, "a")
	ill.fails[0] = 0.08
	for _, rate := range []float64{10, 80, 10} {
		well.rates[0], ill.rates[0] = rate, rate
		healthy, sick := well.run(600), ill.run(600)
		if a, b := slices.Max(healthy), slices.Max(sick); b > a*5/4+2 || b < a*3/4-2 {
			t.Errorf("rate %v: up to %d workers, with failures %d", rate, a, b)
		}
		before := ill.o.Queues[0].Flows[0].Queued
		ill.run(120)
		if after := ill.o.Queues[0].Flows[0].Queued; after > int(rate) && after > before*9/10 {
			t.Errorf("rate %v: %d tasks wait, %d two minutes before", rate, after, before)
		}
		well.run(120)
	}
}

func TestOneTypeFailsTheOthersGrow(t *testing.T) {
	w := begin(t, wide(), 20, "good", "bad")
	w.rates[0], w.rates[1] = 10, 10
	w.run(300)
	w.fails[1] = 1
	w.until(60, func(d Decision) bool { return len(d.Caps) > 0 })
	w.rates[0] = 100
	d := w.until(30, func(d Decision) bool { return d.To > 45 })
	if len(d.Caps) != 1 || d.Caps[0].Type != "bad" || d.Caps[0].Limit > 7 {
		t.Errorf("caps: %v", d.Caps)
	}
}

// A cap is opened slowly, and not while that slows the type down again.
func TestCapOpensWhileServiceStaysShort(t *testing.T) {
	c := DefaultConfig()
	ty := taskType{errorBrake: errorBrake{Cap: 10, HealthySeconds: 1}, BurstOK: 10, BurstSum: 10}
	ty.brake(&c, 100, 1, 50)
	if ty.Cap <= 10 {
		t.Errorf("the cap is %v after a second", ty.Cap)
	}
	ty.BurstSum = 20
	before := ty.Cap
	ty.brake(&c, 101, 1, 50)
	if ty.Cap >= before {
		t.Errorf("twice as slow, and the cap went from %v to %v", before, ty.Cap)
	}
	ty.BurstSum = 10
	ty.brake(&c, 102, 1, 0)
	if ty.Cap != 0 {
		t.Errorf("nothing is held back, and the cap is %v", ty.Cap)
	}
}

// Slow tasks end too rarely for a rate; a clean run frees them, too.
func TestSlowTypesRecover(t *testing.T) {
	c := DefaultConfig()
	ty := taskType{Baseline: 60}
	for range 40 {
		ty.finished(&c, 1, typeCounters{Failed: ty.Seen.Failed + 1})
	}
	if !ty.Sick {
		t.Fatal("forty failures, and not sick")
	}
	for i := range 1200 {
		now := ty.Seen
		if i%15 == 0 {
			now.Succeeded++
			now.Seconds += 60
			now.Squares += 3600
		}
		ty.finished(&c, 1, now)
	}
	if ty.Sick {
		t.Errorf("eighty successes in a row, and still sick: %+v", ty.errorBrake)
	}
}

// A tick that cannot be decided does not open what is held.
func TestCapsOutliveABadTick(t *testing.T) {
	w := begin(t, wide(), 8, "a")
	w.rates[0] = 10
	w.run(100)
	w.fails[0] = 1
	want := w.until(60, func(d Decision) bool { return len(d.Caps) > 0 }).Caps
	if got := w.c.Decide(w.now, w.o).Caps; !slices.Equal(got, want) {
		t.Errorf("caps %v, before %v", got, want)
	}
}
