package chaos

import (
	"time"
)

// cronScenarios do harm to those who keep the schedules.
func cronScenarios() []Scenario {
	return []Scenario{
		{Name: "cron", Does: "three workers with the same cron, every second, one of them killed now and then", Run: everySecond},
	}
}

// everySecond: each tick fires once, and none is left out.
func everySecond(s *Stage) Verdict {
	s.Redis()
	ticking := func(w *workerPlan) { w.Cron = true }
	workers := []*Process{s.Worker(ticking), s.Worker(ticking), s.Worker(ticking)}
	seconds := 4 + 5*s.Scale
	for i := range seconds {
		s.Sleep(sec)
		if i%3 == 2 {
			victim := s.Random.IntN(len(workers))
			workers[victim].Kill()
			workers[victim] = s.Worker(ticking)
		}
	}
	v := s.Finish()
	return s.ticks(v, s.records(), seconds)
}

// ticks counts the tasks of each tick, from the first one to the last.
func (s *Stage) ticks(v Verdict, records []Record, seconds int) Verdict {
	tasks := map[int64]map[string]bool{}
	var first, last int64
	for _, r := range records {
		if r.Event != Began {
			continue
		}
		tick, err := time.Parse(time.RFC3339, r.Note)
		if err != nil {
			s.t.Fatalf("the tick of task %s: %v", r.ID, err)
		}
		at := tick.Unix()
		if tasks[at] == nil {
			tasks[at] = map[string]bool{}
		}
		tasks[at][r.ID] = true
		if first == 0 || at < first {
			first = at
		}
		last = max(last, at)
		v.Demand(!r.At.Before(tick), "the tick at %s began %v early", r.Note, tick.Sub(r.At))
	}
	firings := 0
	for at := first; at <= last; at++ {
		firings += len(tasks[at])
		v.Demand(len(tasks[at]) == 1, "the tick %d s after the first fired %d times", at-first, len(tasks[at]))
	}
	s.Tell("%d firings of %d ticks", firings, last-first+1)
	v.Demand(time.Duration(last-first)*sec >= time.Duration(seconds-3)*sec-s.Within(0), "only %d ticks in %d s", last-first+1, seconds)
	return v
}
