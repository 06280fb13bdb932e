package chaos

import (
	"github.com/tqgen/taskqueue/internal/chaos/work"
	"github.com/tqgen/taskqueue/internal/redistest"
)

// networkScenarios do harm between actors and Redis.
func networkScenarios() []Scenario {
	return []Scenario{
		{Name: "lost-replies", Does: "3 % of the replies are lost after Redis has carried the command out", Test: true, Run: lostReplies},
		{Name: "hangs", Does: "nothing gets through for half a lease, again and again", Run: hangs},
		{Name: "partition", Does: "one worker is cut off for longer than its lease", Run: partition},
	}
}

// lostReplies cuts the connection instead of an answer.
func lostReplies(s *Stage) Verdict {
	server := s.Redis()
	proxy := redistest.StartProxy(s.t, server.Addr())
	s.At(proxy.URL())
	n := 0
	proxy.DropReplies(1<<30, func([]string) bool { // called under the proxy's lock
		n++
		return n%33 == 0
	})
	s.Workers(3)
	s.Sender(3000, 0, work.Step{For: msec}, func(p *senderPlan) { p.Bulk, p.Hands, p.Rate = 10, 4, 1000 })
	v := s.Finish()
	s.Tell("%d replies lost", proxy.Dropped())
	v.demandNoRepeats("every worker got through within its lease")
	v.Demand(proxy.Dropped() > 10, "only %d replies were lost", proxy.Dropped())
	return v
}

func hangs(s *Stage) Verdict {
	server := s.Redis()
	proxy := redistest.StartProxy(s.t, server.Addr())
	s.At(proxy.URL())
	s.Workers(3)
	s.Sender(1000*s.Scale, 250, work.Step{For: 10 * msec}, func(p *senderPlan) { p.Bulk = 10 })
	for range 3 * s.Scale {
		s.Sleep(s.Between(200*msec, 400*msec))
		s.Note(Record{Event: StoreDown})
		proxy.Hang()
		s.Sleep(lease / 2)
		proxy.Resume()
		s.Note(Record{Event: StoreUp})
	}
	v := s.Finish()
	v.demandNoRepeats("every worker got through within its lease")
	return v
}

// partition: the worker that is cut off goes on with what it has, and nothing of
// that is accepted once its lease has lapsed.
func partition(s *Stage) Verdict {
	server := s.Redis()
	proxy := redistest.StartProxy(s.t, server.Addr())
	s.At(proxy.URL())
	lonely := s.holder()
	s.At(server.URL())
	s.Workers(2)
	s.Sender(600*s.Scale, 150, work.Step{For: 50 * msec})
	for range 2 * s.Scale {
		s.Sleep(400 * msec)
		s.Note(Record{Event: Paused, Actor: lonely.name})
		proxy.Cut()
		s.Sleep(lease + sec)
		s.Open()
		proxy.Resume()
		s.Note(Record{Event: Resumed, Actor: lonely.name})
	}
	v := s.Finish()
	v.Demand(v.Repeats > 0, "no cut hit a running task")
	return v
}
