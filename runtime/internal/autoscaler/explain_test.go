package autoscaler

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func pressure(value float64) Signals { return Signals{QueuePressure: Signal{Value: value}} }

func TestExplanations(t *testing.T) {
	tests := []struct {
		decision Decision
		want     string
	}{
		{
			Decision{From: 8, To: 76, Wanted: 76, Term: TermSteady, Before: 6.4, Offered: 62.6, Change: Step, Starting: 12, Wait: 17, Target: 10, Signals: pressure(1.7)},
			"8 → 76: step in arrivals 6.4 → 62.6 erlang, 12 workers in start-up, predicted wait 17 s of 10 s",
		},
		{
			Decision{From: 20, To: 17, Wanted: 17, Term: TermSteady, Before: 15, Offered: 14.2, Steady: 16.3, Change: Shift},
			"20 → 17: arrivals drifted 15.0 → 14.2 erlang",
		},
		{
			Decision{From: 8, To: 8, Wanted: 8, Term: TermSteady, Offered: 6.25, Steady: 7.81},
			"8 stay: 6.2 erlang take 7.8 slots",
		},
		{
			Decision{From: 5, To: 40, Wanted: 40, Term: TermPressure, Offered: 3, Pressure: 39.2, Change: Burst, Wait: 40.4, Target: 4.5, Signals: pressure(9)},
			"5 → 40: the backlog takes 39.2 slots, a heap of tasks over 3.0 erlang, predicted wait 40 s of 4.5 s",
		},
		{
			Decision{From: 5, To: 30, Wanted: 30, Term: TermSchedule, Offered: 3, Steady: 4.1, Pressure: 29.5, Starting: 1},
			"5 → 30: tasks that fall due soon take 29.5 slots, 3.0 erlang take 4.1 slots, 1 worker in start-up",
		},
		{
			Decision{From: 9, To: 14, Wanted: 14, Term: TermReserve, Offered: 3, Steady: 4.1, Reserve: 13.4},
			"9 → 14: reserve of 13.4 slots for surprises like the last ones, 3.0 erlang take 4.1 slots",
		},
		{
			Decision{From: 9, To: 9, Wanted: 9, Term: TermErrors, Caps: []Cap{{Type: "email", Limit: 3, Brake: TermErrors, Rate: 0.914}}},
			"9 stay: what fails or is slowed down is not answered with more workers; email fails 91 %, at most 3 at a time",
		},
		{
			Decision{From: 9, To: 9, Wanted: 9, Term: TermSteady, Offered: 5, Steady: 9, Caps: []Cap{{Type: "email", Limit: 5, Brake: TermErrors}}},
			"9 stay: 5.0 erlang take 9.0 slots; email recovers, at most 5 at a time",
		},
		{
			Decision{From: 30, To: 16, Wanted: 16, Term: TermMemory, Caps: []Cap{{Type: "resize", Limit: 14, Brake: TermMemory, NeedMB: 431.4}}},
			"30 → 16: the memory bears 16 workers; resize takes 431 MB, at most 14 at a time",
		},
		{Decision{From: 9, To: 9, Wanted: 10, Term: TermHold}, "9 stay: 10 wanted, not for long enough yet"},
		{Decision{From: 9, To: 9, Wanted: 4, Term: TermHold}, "9 stay: 4 wanted, and more a short while ago"},
		{Decision{From: 9, To: 9, Wanted: 9, Term: TermHold}, "9 stay: nothing is measured yet"},
		{
			Decision{From: 90, To: 100, Wanted: 230, Term: TermBounds, Wait: 0.0312, Target: 0.1, Signals: pressure(0.3)},
			"90 → 100: 230 wanted, beyond max_workers, predicted wait 31 ms of 100 ms",
		},
		{Decision{From: 2, To: 2, Term: TermBounds}, "2 stay: 0 wanted, below min_workers"},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, test.decision.String()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// Every term decides somewhere.
func TestEveryTermDecides(t *testing.T) {
	seen := map[Term]string{}
	note := func(w *world, seconds int) {
		for range seconds {
			d := w.tick()
			if _, ok := seen[d.Term]; !ok {
				seen[d.Term] = d.String()
			}
		}
	}
	w := begin(t, wide(), 5, "a")
	w.startup, w.rates[0] = 20, 30
	note(w, 300)
	for range 4 {
		w.rates[0] = 100
		note(w, 40)
		w.rates[0] = 6
		note(w, 200)
	}
	w.o.Queues[0].Flows[0].Due = 3000
	note(w, 5)
	w.o.Queues[0].Flows[0].Due = 0
	w.rates[0] = 1000
	note(w, 60)
	w.fails[0] = 1
	note(w, 60)

	w = begin(t, wide(), 5, "a")
	w.rates[0], w.o.Memory = 100, Memory{UsedMB: 4000, IdleMB: 100, LimitMB: 4000}
	note(w, 30)
	for _, term := range Terms() {
		if seen[term] == "" {
			t.Errorf("%s never decided", term)
		}
		t.Log(term, "|", seen[term])
	}
}

func TestSignals(t *testing.T) {
	w := begin(t, wide(), 10, "a", "b")
	w.rates[0], w.rates[1], w.fails[1] = 8, 8, 0.25
	w.o.Memory = Memory{UsedMB: 1000}
	w.run(120)
	w.service[0] = 2
	d := w.until(60, func(d Decision) bool { return d.Signals.Complexity.Over() })
	s := d.Signals
	if !s.ErrorRate.Over() || s.ErrorRate.Value < 0.2 || s.ErrorRate.Value > 0.3 {
		t.Errorf("error rate %+v", s.ErrorRate)
	}
	if s.Utilization.Value < 0.5 || s.Utilization.Value > 1.01 {
		t.Errorf("utilization %+v", s.Utilization)
	}
	if want := 1000 / float64(w.o.Workers.Ready); s.MemoryPerWorker.Value < want*0.8 || s.MemoryPerWorker.Value > want*1.3 {
		t.Errorf("memory per worker %+v, %v MB expected", s.MemoryPerWorker, want)
	}
	if s.QueuePressure.Threshold <= 0 || s.QueuePressure.Threshold > 0.75 {
		t.Errorf("pressure %+v", s.QueuePressure)
	}
	if at := d.At; !at.After(worldBegin) || at.After(worldBegin.Add(time.Hour)) {
		t.Errorf("decided at %v", at)
	}
}
