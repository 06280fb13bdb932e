package main

import (
	"strconv"
	"time"

	"github.com/hibiken/asynq"

	"github.com/tqgen/taskqueue/internal/chaos"
	"github.com/tqgen/taskqueue/internal/redistest"
)

// A known scenario is one with what asynq is known for.
type known struct {
	chaos.Scenario
	rules []chaos.Rule // which the checker has to find broken

	// hasty: it ends before asynq's recovery may have come, so what is still active
	// then says nothing.
	hasty bool
}

// scenarios have the names of those of internal/chaos that do the same.
func scenarios() []known {
	return []known{
		{chaos.Scenario{Name: "lost-replies", Run: lostReplies}, []chaos.Rule{chaos.RuleRefused}, true},
		{chaos.Scenario{Name: "full", Run: full}, []chaos.Rule{chaos.RuleScenario}, true},
		{chaos.Scenario{Name: "two-builds", Run: twoBuilds}, []chaos.Rule{chaos.RuleDead}, false},
		{chaos.Scenario{Name: "cron", Run: twoSchedulers}, []chaos.Rule{chaos.RuleScenario}, false},
		{chaos.Scenario{Name: "goexit-slot", Run: goexitSlot}, []chaos.Rule{chaos.RuleScenario}, true},
		{chaos.Scenario{Name: "kill-workers", Long: true, Run: killWorkers}, []chaos.Rule{chaos.RuleSlow}, false},
		{chaos.Scenario{Name: "redis-away", Long: true, Run: redisAway}, []chaos.Rule{chaos.RuleDuplicate}, false},
		{chaos.Scenario{Name: "poison", Long: true, Run: poison}, []chaos.Rule{chaos.RuleScenario}, false},
	}
}

// prepare sets what the checker must know of asynq.
func prepare(s *chaos.Stage) {
	s.Terms = chaos.Terms{Lease: leaseTime, Grace: graceTime, Unsettled: settleTime}
}

// lostReplies: a send whose answer was lost is repeated, and asynq says that its
// id is taken.
func lostReplies(s *chaos.Stage) chaos.Verdict {
	prepare(s)
	server := s.Redis()
	proxy := redistest.StartProxy(s.Test(), server.Addr())
	n := 0
	proxy.DropReplies(1<<30, func([]string) bool { // called under the proxy's lock
		n++
		return n%33 == 0
	})
	i := open(s, server.URL())
	s.At(proxy.URL())
	worker(s, 8)
	start(s, plan{Role: "sender", Count: 2000, Rate: 600, Step: step{For: time.Millisecond}}).Exit(time.Minute)
	v := finish(s, i, 2*time.Second)
	s.Tell("%d false conflicts, %d replies lost", count(v, chaos.RuleRefused), proxy.Dropped())
	return v
}

func count(v chaos.Verdict, rule chaos.Rule) (n int) {
	for _, f := range v.Findings {
		if f.Rule == rule {
			n++
		}
	}
	return n
}

// full: what is in must be drained while nothing more gets in.
func full(s *chaos.Stage) chaos.Verdict {
	const tasks, allowed = 4000, 8 * time.Second
	prepare(s)
	server := s.Redis("--maxmemory-policy", "noeviction")
	i := open(s, server.URL())
	start(s, plan{Role: "sender", Count: tasks, Step: step{For: time.Millisecond}}).Exit(time.Minute)
	used, err := strconv.Atoi(server.Info(s.Test(), "memory", "used_memory"))
	if err != nil {
		s.Test().Fatal(err)
	}
	server.Do(s.Test(), "CONFIG", "SET", "maxmemory", strconv.Itoa(used/2))
	workers := []*chaos.Process{worker(s, 8), worker(s, 8)}
	await(s, i, allowed, drained)
	left := counts(s, i)
	server.Do(s.Test(), "CONFIG", "SET", "maxmemory", "0")
	for _, w := range workers {
		w.Kill() // what follows is not of this scenario
	}
	v := finish(s, i, 0)
	begun := v.Runs
	s.Tell("%d of %d tasks begun in %v", begun, tasks, allowed)
	v.Demand(drained(left), "%d tasks were not drained within %v", left.Pending+left.Active+left.Retry, allowed)
	return v
}

// twoBuilds: old workers meet the tasks before a new one does, as in our scenario
// of this name, and fail what they do not know.
func twoBuilds(s *chaos.Stage) chaos.Verdict {
	prepare(s)
	server := s.Redis()
	i := open(s, server.URL())
	start(s, plan{Role: "worker", Slots: 8, Old: true, Pause: 100 * time.Millisecond})
	start(s, plan{Role: "sender", Count: 500, Extra: 2, Retries: 3, Step: step{For: time.Millisecond}}).Exit(time.Minute)
	await(s, i, 10*time.Second, drained)
	start(s, plan{Role: "worker", Slots: 8, Pause: 100 * time.Millisecond})
	return finish(s, i, 20*time.Second)
}

// twoSchedulers fire the same, every second.
func twoSchedulers(s *chaos.Stage) chaos.Verdict {
	const during = 5 * time.Second
	prepare(s)
	server := s.Redis()
	i := open(s, server.URL())
	worker(s, 8)
	schedulers := []*chaos.Process{start(s, plan{Role: "scheduler"}), start(s, plan{Role: "scheduler"})}
	s.Sleep(during)
	for _, p := range schedulers {
		p.Stop()
		p.Exit(10 * time.Second)
	}
	v := finish(s, i, 10*time.Second)
	ticks := int(during/time.Second) + 1
	s.Tell("%d firings of at most %d ticks", v.Runs, ticks)
	v.Demand(v.Runs <= ticks, "%d firings of at most %d ticks", v.Runs, ticks)
	return v
}

// goexitSlot: the only slot of a worker, after a Goexit.
func goexitSlot(s *chaos.Stage) chaos.Verdict {
	const allowed = 3 * time.Second
	prepare(s)
	server := s.Redis()
	i := open(s, server.URL())
	w := start(s, plan{Role: "worker", Slots: 1, Pause: 100 * time.Millisecond})
	start(s, plan{Role: "sender", Count: 1, Step: step{Goexit: true}}).Exit(time.Minute)
	await(s, i, allowed, func(n asynq.QueueInfo) bool { return n.Active == 1 })
	start(s, plan{Role: "sender", Count: 5}).Exit(time.Minute)
	ran := await(s, i, allowed, func(n asynq.QueueInfo) bool { return n.Completed >= 5 })
	w.Kill() // it would wait for the slot for its whole grace
	v := finish(s, i, 0)
	s.Tell("the slot was gone for more than %v", allowed)
	if ran {
		s.Tell("the slot was back")
	}
	v.Demand(ran, "the slot was gone for more than %v", allowed)
	return v
}

// killWorkers: asynq looks for orphans once a minute, thirty seconds after their
// lease at the earliest.
func killWorkers(s *chaos.Stage) chaos.Verdict {
	const kills = 30
	prepare(s)
	server := s.Redis()
	i := open(s, server.URL())
	workers := []*chaos.Process{worker(s, 8), worker(s, 8), worker(s, 8), worker(s, 8)}
	sender := start(s, plan{Role: "sender", Count: 180 * kills, Rate: 400, Step: step{For: 100 * time.Millisecond}})
	for range kills {
		s.Sleep(s.Between(300*time.Millisecond, 600*time.Millisecond))
		n := s.Random.IntN(len(workers))
		workers[n].Kill()
		workers[n] = worker(s, 8)
	}
	sender.Exit(time.Minute)
	v := finish(s, i, 4*time.Minute)
	v.Demand(v.Repeats > 0, "no kill hit a running task")
	return v
}

// redisAway: what ends while Redis is away cannot be reported, and runs again.
func redisAway(s *chaos.Stage) chaos.Verdict {
	prepare(s)
	server := s.Redis()
	proxy := redistest.StartProxy(s.Test(), server.Addr())
	i := open(s, server.URL())
	s.At(proxy.URL())
	for range 3 {
		worker(s, 8)
	}
	start(s, plan{Role: "sender", Count: 20, Step: step{For: 2 * time.Second}}).Exit(time.Minute)
	await(s, i, 10*time.Second, func(n asynq.QueueInfo) bool { return n.Active == 20 })
	s.Note(chaos.Record{Event: chaos.StoreDown})
	proxy.Cut()
	s.Sleep(6 * time.Second)
	proxy.Resume()
	s.Note(chaos.Record{Event: chaos.StoreUp})
	return finish(s, i, 4*time.Minute)
}

// poison: an element that cannot be read in the list of active tasks, with a lease
// that has lapsed, and a killed worker.
func poison(s *chaos.Stage) chaos.Verdict {
	prepare(s)
	server := s.Redis()
	i := open(s, server.URL())
	w := worker(s, 8)
	start(s, plan{Role: "sender", Count: 8, Step: step{For: 5 * time.Second}}).Exit(time.Minute)
	await(s, i, 10*time.Second, func(n asynq.QueueInfo) bool { return n.Active == 8 })
	server.Do(s.Test(), "HSET", "asynq:{chaos}:t:bad", "msg", "\xff\xffgarbage", "state", "active")
	server.Do(s.Test(), "LPUSH", "asynq:{chaos}:active", "bad")
	server.Do(s.Test(), "ZADD", "asynq:{chaos}:lease", "1", "bad")
	w.Kill()
	worker(s, 8)
	back := await(s, i, 3*time.Minute, func(n asynq.QueueInfo) bool { return n.Completed >= 8 })
	v := finish(s, i, 0)
	v.Demand(back, "no healthy task ran again within 3 minutes of the kill")
	if !back {
		s.Tell("no healthy task ran again within 3 minutes")
	}
	return v
}
