package autoscaler

import (
	"math"
	"testing"
)

// The filter finds the needs of two types from their sum.
func TestMemoryIsLearned(t *testing.T) {
	w := begin(t, wide(), 8, "small", "big")
	w.rates[0], w.rates[1] = 20, 4
	w.o.Memory.LimitMB, w.o.Memory.IdleMB = 16000, 200
	for i := range 600 {
		w.rates[0] = 20 + 15*math.Sin(float64(i)/30)
		w.rates[1] = 4 + 3*math.Sin(float64(i)/47)
		w.tick()
		w.o.Memory.UsedMB = 200 + 10*float64(w.o.Types[0].Running) + 400*float64(w.o.Types[1].Running)
	}
	small, big := w.c.Types[0].MemoryMB, w.c.Types[1].MemoryMB
	if small > 60 || big < 250 || big > 500 {
		t.Errorf("10 and 400 MB a task, learned %.0f and %.0f", small, big)
	}
}

func TestMemoryBoundsTheFleet(t *testing.T) {
	w := begin(t, wide(), 8, "big")
	w.rates[0], w.service[0] = 4, 1
	w.o.Memory = Memory{LimitMB: 8000, IdleMB: 200}
	remember := func() { w.o.Memory.UsedMB = 200 + 400*float64(w.o.Types[0].Running) }
	for range 300 {
		w.tick()
		remember()
	}
	w.rates[0] = 60 // 60 erlang; the memory bears (0.85·8000 - 200)/400 = 16 tasks
	for range 300 {
		d := w.tick()
		remember()
		if d.To > 20 || len(d.Caps) != 1 || d.Caps[0].Limit > 17 {
			t.Fatalf("decided %v", d)
		}
	}
	if w.last.Term != TermMemory {
		t.Errorf("decided by %s: %v", w.last.Term, w.last)
	}
}

func TestDeclaredMemoryIsThePrior(t *testing.T) {
	limit := func(declared float64) int {
		w := begin(t, wide(), 8, "a")
		w.rates[0], w.o.Types[0].MemoryMB = 4, declared
		w.o.Memory = Memory{LimitMB: 4000, IdleMB: 100, UsedMB: 100}
		w.service[0] = 100 // nothing runs yet
		w.run(3)
		return w.last.Caps[0].Limit
	}
	if a, b := limit(100), limit(1000); a <= b || b > 3 {
		t.Errorf("caps of %d at 100 MB and %d at 1000 MB", a, b)
	}
}
