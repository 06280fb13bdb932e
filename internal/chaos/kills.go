package chaos

import (
	"time"

	"github.com/tqgen/taskqueue/internal/chaos/work"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// processScenarios do harm to workers and producers.
func processScenarios() []Scenario {
	return []Scenario{
		{Name: "kill-workers", Does: "kill -9 of workers under load, each replaced at once", Run: killWorkers},
		{Name: "kill-producers", Does: "kill -9 of producers in the middle of their sends", Run: killProducers},
		{Name: "pause-worker", Does: "SIGSTOP of a worker for longer than its lease", Run: pauseWorker},
		{Name: "late-completion", Does: "a worker that lost its lease completes the task during its second run", Test: true, Run: lateCompletion},
		{Name: "sigterm", Does: "SIGTERM of workers whose tasks take longer than the grace", Test: true, Run: sigterm},
		{Name: "sigterm-deaf", Does: "the same with handlers that do not heed their context", Run: sigtermDeaf},
		{Name: "kill-delayed", Does: "delayed tasks, and workers that are killed meanwhile", Run: killDelayed},
	}
}

const (
	msec = time.Millisecond
	sec  = time.Second
)

// killWorkers is the harness' main figure: 30 kills and 5,400 tasks in a whole
// run.
func killWorkers(s *Stage) Verdict {
	kills, tasks := 10*s.Scale, 1800*s.Scale
	s.Redis()
	workers := s.Workers(4)
	s.Sender(tasks, 400, work.Step{For: 50 * msec}, func(p *senderPlan) { p.Spread, p.Bulk, p.Hands = 100*msec, 20, 2 })
	for range kills {
		s.Sleep(s.Between(200*msec, 500*msec))
		i := s.Random.IntN(len(workers))
		workers[i].Kill()
		workers[i] = s.Worker()
	}
	v := s.Finish()
	v.Demand(v.Kills == kills, "%d workers were killed, want %d", v.Kills, kills)
	v.Demand(v.Repeats > 0, "no kill hit a running task")
	return v
}

// killProducers: what was not acknowledged may be in or not; what was, is.
func killProducers(s *Stage) Verdict {
	s.Redis()
	s.Workers(2)
	for range 4 * s.Scale {
		p := s.Sender(100_000, 0, work.Step{For: msec}, func(p *senderPlan) { p.Bulk, p.Hands = 20, 4 })
		s.Sleep(s.Between(250*msec, 450*msec))
		p.Kill()
	}
	v := s.Finish()
	v.Demand(v.Acked > 0, "the producers were killed before they had sent anything")
	v.Demand(v.Repeats == 0, "%d tasks ran again; no worker was harmed", v.Repeats)
	return v
}

func pauseWorker(s *Stage) Verdict {
	s.Redis()
	workers := s.Workers(3)
	s.Sender(600*s.Scale, 150, work.Step{For: 50 * msec})
	for range 2 * s.Scale {
		s.Sleep(300 * msec)
		w := workers[s.Random.IntN(len(workers))]
		w.Pause()
		s.Sleep(lease + s.Between(300*msec, 800*msec))
		w.Resume()
	}
	v := s.Finish()
	v.Demand(v.Repeats > 0, "no pause hit a running task")
	return v
}

// lateCompletion: the first run ends while the second one goes on; the result is
// that of the second.
func lateCompletion(s *Stage) Verdict {
	s.Redis()
	first := s.Worker()
	s.Sender(4, 0, work.Step{For: lease + 2*sec})
	s.Await("the tasks run", patience, func(n broker.QueueInfo) bool { return n.Active == 4 })
	first.Pause()
	s.Worker()
	s.Await("the tasks are taken from the first worker", patience, func(n broker.QueueInfo) bool { return n.Lost == 4 && n.Active == 4 })
	s.Sleep(lease)
	first.Resume()
	s.Sleep(500 * msec)
	early := s.info().Done
	v := s.Finish()
	v.Demand(early == 0, "%d late completions were accepted", early)
	v.Demand(v.Repeats == 4, "%d tasks ran twice, want 4", v.Repeats)
	return v
}

// sigterm rolls a deployment: every worker is told to stop and replaced.
func sigterm(s *Stage) Verdict { return s.roll(work.Work) }

func sigtermDeaf(s *Stage) Verdict { return s.roll(work.Ignore) }

func (s *Stage) roll(act work.Act) Verdict {
	s.Redis()
	workers := s.Workers(3)
	s.Sender(40*s.Scale, 0, work.Step{Act: act, For: 1200 * msec, Fails: 0}, func(p *senderPlan) { p.Spread = 600 * msec })
	s.Await("the workers are busy", patience, func(n broker.QueueInfo) bool { return n.Active >= 3*slots })
	for _, w := range workers {
		w.Stop()
		s.Worker()
		w.Exit(10 * sec)
	}
	v := s.Finish()
	v.Demand(v.Repeats > 0, "no handler was interrupted")
	return v
}

// killDelayed spreads tasks over three seconds.
func killDelayed(s *Stage) Verdict {
	s.Redis()
	workers := s.Workers(3)
	s.Sender(1000*s.Scale, 0, work.Step{For: 2 * msec}, func(p *senderPlan) { p.Delay, p.Bulk = 3*sec, 50 })
	for range 4 * s.Scale {
		s.Sleep(s.Between(300*msec, 600*msec))
		i := s.Random.IntN(len(workers))
		workers[i].Kill()
		workers[i] = s.Worker()
	}
	return s.Finish()
}
