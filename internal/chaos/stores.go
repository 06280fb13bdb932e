package chaos

import (
	"strconv"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/internal/chaos/work"
	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// storeScenarios do harm to Redis.
func storeScenarios() []Scenario {
	return []Scenario{
		{Name: "redis-kill-always", Does: "kill -9 of Redis under load, appendfsync always", Test: true, Run: func(s *Stage) Verdict { return s.killRedis("always") }},
		{Name: "redis-kill-everysec", Does: "kill -9 of Redis under load, appendfsync everysec", Run: func(s *Stage) Verdict { return s.killRedis("everysec") }},
		{Name: "redis-away", Does: "Redis is away for 6 s as 20 tasks report; the lease is 12 s", Run: redisAway},
		{Name: "redis-paused", Does: "SIGSTOP of Redis, for less than the lease", Run: redisPaused},
		{Name: "script-flush", Does: "SCRIPT FLUSH all the time", Test: true, Run: scriptFlush},
		{Name: "full", Does: "Redis is full (noeviction) and 4,000 tasks must be drained", Test: true, Run: full},
		{Name: "sentinel", Does: "kill -9 of the master behind sentinels", Run: failOver},
		{Name: "cluster", Does: "the queue's slot moves from node to node under load", Run: moveSlot},
		{Name: "flushall", Does: "FLUSHALL under load: what was in is gone (a stated limit), what comes after runs", Run: flushAll},
	}
}

// killRedis: nothing that was acknowledged may be lost, and no worker is out of
// touch for a lease, so that nothing may run twice.
func (s *Stage) killRedis(fsync string) Verdict {
	server := s.Redis("--appendonly", "yes", "--appendfsync", fsync)
	s.Workers(3)
	s.Sender(1000*s.Scale, 200, work.Step{For: 10 * msec}, func(p *senderPlan) { p.Bulk, p.Hands = 10, 2 })
	for range 4 * s.Scale {
		s.Sleep(s.Between(500*msec, 900*msec))
		s.Note(Record{Event: StoreDown})
		server.Kill()
		s.Sleep(s.Between(0, 500*msec))
		server.Restart(s.t)
		s.Note(Record{Event: StoreUp})
	}
	v := s.Finish()
	v.demandNoRepeats("no worker was harmed")
	v.Demand(v.Outages <= s.Within(sec), "%v from the store's return to the first start, at most a second is allowed", v.Outages)
	return v
}

func redisAway(s *Stage) Verdict {
	s.Terms.Lease = 12 * sec
	server := s.Redis()
	proxy := redistest.StartProxy(s.t, server.Addr())
	s.At(proxy.URL())
	s.Workers(3)
	s.Sender(20+20, 0, work.Step{For: sec})
	s.Await("20 tasks run", patience, func(n broker.QueueInfo) bool { return n.Active >= 20 && n.Enqueued == 40 })
	s.Note(Record{Event: StoreDown})
	proxy.Cut()
	s.Sleep(6 * sec)
	proxy.Resume()
	s.Note(Record{Event: StoreUp})
	v := s.Finish()
	v.demandNoRepeats("every worker was back within its lease")
	v.Demand(v.Outages <= s.Within(sec), "%v from the store's return to the first start, at most a second is allowed", v.Outages)
	return v
}

func redisPaused(s *Stage) Verdict {
	server := s.Redis()
	s.Workers(3)
	s.Sender(1000*s.Scale, 250, work.Step{For: 10 * msec}, func(p *senderPlan) { p.Bulk = 10 })
	for range 3 * s.Scale {
		s.Sleep(s.Between(200*msec, 400*msec))
		s.Note(Record{Event: StoreDown})
		server.Pause(s.t)
		s.Sleep(lease / 2)
		server.Resume(s.t)
		s.Note(Record{Event: StoreUp})
	}
	v := s.Finish()
	v.demandNoRepeats("every worker was back within its lease")
	return v
}

func scriptFlush(s *Stage) Verdict {
	server := s.Redis()
	s.Workers(2)
	s.Sender(2000*s.Scale, 1000, work.Step{For: msec}, func(p *senderPlan) { p.Bulk, p.Hands = 20, 4 })
	for start := time.Now(); time.Since(start) < time.Duration(s.Scale)*2*sec; {
		server.Do(s.t, "SCRIPT", "FLUSH")
		s.Sleep(5 * msec)
	}
	v := s.Finish()
	v.demandNoRepeats("no worker was harmed")
	return v
}

// full fills the store before there is a worker: what is in must be drained
// while nothing more gets in.
func full(s *Stage) Verdict {
	const tasks = 4000
	server := s.Redis("--maxmemory-policy", "noeviction")
	s.Sender(tasks, 0, work.Step{For: msec}, func(p *senderPlan) { p.Bulk, p.Hands = 100, 4 })
	s.Await("the tasks are in", patience, func(n broker.QueueInfo) bool { return n.Enqueued == tasks })
	used, err := strconv.Atoi(server.Info(s.t, "memory", "used_memory"))
	if err != nil {
		s.t.Fatal(err)
	}
	server.Do(s.t, "CONFIG", "SET", "maxmemory", strconv.Itoa(used/2))
	late := s.Sender(200, 0, work.Step{For: msec})
	s.Sleep(200 * msec)
	kept := s.info()
	start := time.Now()
	s.Workers(2)
	s.Await("the tasks are drained", patience, func(n broker.QueueInfo) bool { return n.Done >= tasks })
	took := time.Since(start)
	server.Do(s.t, "CONFIG", "SET", "maxmemory", "0")
	late.Exit(patience)
	v := s.Finish()
	s.Tell("drained in %.1f s", took.Seconds())
	v.Demand(kept.Enqueued == tasks, "%d tasks got into a full store", kept.Enqueued-tasks)
	v.Demand(took <= s.Within(8*sec), "drained in %v, at most 8 s are allowed", took)
	v.demandNoRepeats("no worker was harmed")
	return v
}

// failOver: sentinels take two seconds to see that the master is silent. The
// lease is longer than that, so nothing may run twice.
func failOver(s *Stage) Verdict {
	s.Terms.Lease = 12 * sec
	group := redistest.StartSentinel(s.t, 3)
	s.At(group.URL())
	s.Workers(3)
	s.Sender(1500, 150, work.Step{For: 20 * msec}, func(p *senderPlan) { p.Bulk, p.Hands = 10, 2 })
	s.Sleep(1500 * msec)
	s.Note(Record{Event: StoreDown})
	start := time.Now()
	s.server = group.Failover(s.t)
	detected := time.Since(start)
	s.Note(Record{Event: StoreUp})
	s.watch(s.server)
	v := s.Finish()
	s.Tell("new master after %.1f s", detected.Seconds())
	v.demandNoRepeats("no worker was harmed")
	v.Demand(v.Outages <= s.Within(2*sec), "%v from the new master to the first start, at most 2 s are allowed", v.Outages)
	return v
}

// moveSlot moves the queue's slot key by key, so that it is split for a while.
func moveSlot(s *Stage) Verdict {
	cluster := redistest.StartCluster(s.t, 3)
	s.At(cluster.URL())
	s.Workers(3)
	s.Sender(1500*s.Scale, 250, work.Step{For: 10 * msec}, func(p *senderPlan) { p.Bulk, p.Hands = 10, 2 })
	slot := cluster.Slot(s.t, strings.TrimSuffix(keyPrefix, ":"))
	for range 3 * s.Scale {
		s.Sleep(400 * msec)
		move := cluster.Migrate(s.t, slot, cluster.Other(s.t, slot))
		for _, key := range move.Keys(s.t, 1000) {
			move.Move(s.t, key)
			s.Sleep(2 * msec)
		}
		move.Finish(s.t)
	}
	s.Await("every task has ended", patience, func(n broker.QueueInfo) bool { return s.drained(n) && n.Enqueued > 0 })
	s.server = cluster.Owner(s.t, slot)
	v := s.Finish()
	v.demandNoRepeats("no worker was harmed")
	return v
}

// flushAll takes the store away from under workers and producers. There is no
// ledger that could agree with an empty store: what counts is that all goes on.
func flushAll(s *Stage) Verdict {
	const after = 300
	server := s.Redis()
	s.Workers(2)
	before := s.Sender(endless, 300, work.Step{For: 20 * msec}, func(p *senderPlan) { p.Bulk = 10 })
	s.Await("tasks run", patience, func(n broker.QueueInfo) bool { return n.Done >= 300 })
	server.Do(s.t, "FLUSHALL")
	s.Await("tasks run after the flush", patience, func(n broker.QueueInfo) bool { return n.Done >= 200 })
	before.Stop()
	before.Exit(patience)
	s.Await("the rest of the first tasks has ended", patience, s.drained)
	kept := s.info()
	s.Sender(after, 300, work.Step{For: 20 * msec}, func(p *senderPlan) { p.Bulk = 10 }).Exit(patience)
	s.Await("what came after has ended", patience, s.drained)
	n := s.info()
	s.StopAll()
	sent := s.count(func(r *Record) bool { return r.Event == Acked })
	v := Verdict{Tasks: sent, Acked: sent, Runs: s.count(began)}
	v.Demand(n.Done-kept.Done == after && n.Dead == 0, "of %d tasks after the flush %d ended well, and %d are dead", after, n.Done-kept.Done, n.Dead)
	v.Demand(n.Lost == kept.Lost || s.Within(0) > lease, "%d tasks were lost after the flush", n.Lost-kept.Lost)
	return v
}

// count is how many records please.
func (s *Stage) count(ok func(*Record) bool) (n int) {
	for _, r := range s.records() {
		if ok(&r) {
			n++
		}
	}
	return n
}
