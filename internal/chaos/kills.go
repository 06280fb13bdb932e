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

	endless = 1 << 30 // tasks: the sender is stopped
)

// killWorkers is the harness' main figure: 30 kills and 5,400 tasks in a whole
// run.
func killWorkers(s *Stage) Verdict {
	kills, tasks := 10*s.Scale, 1800*s.Scale
	s.Redis()
	workers := append([]*Process{s.holder()}, s.Workers(3)...)
	s.Sender(tasks-1, 400, work.Step{For: 50 * msec}, func(p *senderPlan) { p.Spread, p.Bulk, p.Hands = 100*msec, 20, 2 })
	for n, i := 0, 0; n < kills; n, i = n+1, s.Random.IntN(len(workers)) {
		s.Sleep(s.Between(200*msec, 500*msec))
		workers[i].Kill()
		s.Open()
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
		before := s.info().Enqueued
		p := s.Sender(endless, 0, work.Step{For: msec}, func(p *senderPlan) { p.Bulk, p.Hands = 20, 4 })
		s.Await("the producer sends", patience, func(n broker.QueueInfo) bool { return n.Enqueued > before })
		s.Sleep(s.Between(250*msec, 450*msec))
		p.Kill()
	}
	v := s.Finish()
	v.demandNoRepeats("no worker was harmed")
	return v
}

func pauseWorker(s *Stage) Verdict {
	s.Redis()
	workers := append([]*Process{s.holder()}, s.Workers(2)...)
	s.Sender(600*s.Scale, 150, work.Step{For: 50 * msec})
	for n, i := 0, 0; n < 2*s.Scale; n, i = n+1, s.Random.IntN(len(workers)) {
		s.Sleep(300 * msec)
		workers[i].Pause()
		s.Sleep(lease + s.Between(300*msec, 800*msec))
		s.Open()
		workers[i].Resume()
	}
	v := s.Finish()
	v.Demand(v.Repeats > 0, "no pause hit a running task")
	return v
}

// lateCompletion: the first runs end well while the second ones go on, and whoever
// had them stops in good order, so that it has told the store all that it had to
// tell. Only then may the second ones end; the results are theirs.
func lateCompletion(s *Stage) Verdict {
	const tasks = 4
	s.Redis()
	first := s.Worker()
	s.Sender(tasks, 0, work.Step{Act: work.Cling})
	s.awaitRecords("the first worker begins", first, tasks, began)
	first.Pause()
	second := s.Worker()
	s.awaitRecords("the second worker begins", second, tasks, began)
	s.Open(first)
	first.Resume()
	s.awaitRecords("the first worker completes", first, tasks, endedWell)
	first.Stop()
	first.Exit(patience)
	early := s.info().Done
	s.Open(second)
	v := s.Finish()
	results := s.results(second)
	s.Tell("%d late completions offered, %d accepted", tasks, early)
	v.Demand(early == 0, "%d late completions were accepted", early)
	v.Demand(results == tasks, "%d results are those of the second worker, want %d", results, tasks)
	v.Demand(v.Repeats >= tasks, "%d tasks ran twice, want %d", v.Repeats, tasks)
	return v
}

// results is how many results in the store are of runs of a worker that ended well.
func (s *Stage) results(worker *Process) (n int) {
	for _, r := range s.records() {
		if token, ok := s.final.Tokens[r.ID]; ok && r.Actor == worker.name && endedWell(&r) && r.Token == token {
			n++
		}
	}
	return n
}

// sigterm rolls a deployment: every worker is told to stop and replaced.
func sigterm(s *Stage) Verdict { return s.roll(work.Hold) }

func sigtermDeaf(s *Stage) Verdict { return s.roll(work.Cling) }

// roll has handlers that do not end before the last worker of old has gone.
func (s *Stage) roll(act work.Act) Verdict {
	s.Redis()
	workers := s.Workers(3)
	s.Sender(40*s.Scale, 0, work.Step{Act: act})
	s.awaitRecords("handlers begin", nil, slots, began)
	for _, w := range workers {
		w.Stop()
		s.Worker()
		w.Exit(patience)
	}
	s.Open()
	v := s.Finish()
	v.Demand(v.Repeats >= slots, "%d handlers were interrupted, want %d or more", v.Repeats, slots)
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
