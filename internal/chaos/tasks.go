package chaos

import (
	"strings"
	"time"

	"github.com/tqgen/taskqueue/internal/chaos/work"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// taskScenarios do harm from inside: handlers and payloads.
func taskScenarios() []Scenario {
	return []Scenario{
		{Name: "bad-handlers", Does: "handlers fail, panic, call Goexit, leak goroutines, spin and ignore their context, while workers are killed", Test: true, Run: badHandlers},
		{Name: "goexit-slot", Does: "Goexit in the only slot of a worker", Test: true, Run: goexitSlot},
		{Name: "poison", Does: "corrupt elements, cut payloads, length bombs and deep nesting among healthy tasks, and a killed worker", Test: true, Run: poison},
		{Name: "two-builds", Does: "500 tasks of a kind that some workers do not know", Run: twoBuilds},
		{Name: "rolling", Does: "a new build replaces an old one worker by worker, and the old one comes back; half of the tasks are of a kind that only the new one knows", Run: rolling},
		{Name: "due-at-once", Does: "1,000,000 tasks due in one second", Long: true, Run: dueAtOnce},
	}
}

func badHandlers(s *Stage) Verdict {
	s.Redis()
	workers := s.Workers(3)
	for _, act := range []work.Act{work.Fail, work.Panic, work.Goexit, work.Leak, work.Spin, work.Ignore} {
		s.Sender(100*s.Scale, 0, work.Step{Act: act, For: 5 * msec, Fails: 2}, func(p *senderPlan) { p.Bulk = 10 })
	}
	for range 2 * s.Scale {
		s.Sleep(s.Between(200*msec, 400*msec))
		i := s.Random.IntN(len(workers))
		workers[i].Kill()
		workers[i] = s.Worker()
	}
	return s.Finish()
}

// goexitSlot measures how long the slot is gone: the time from the end of a run
// by Goexit to the start of the next run in the same, only slot.
func goexitSlot(s *Stage) Verdict {
	s.Redis()
	s.Sender(20, 0, work.Step{Act: work.Goexit, Fails: 1})
	s.Await("the tasks are in", patience, func(n broker.QueueInfo) bool { return n.Enqueued == 20 })
	s.Worker(func(w *workerPlan) { w.Slots = 1 })
	v := s.Finish()
	worst := gap(s.records())
	s.Tell("slot back after %v", worst.Round(msec))
	v.Demand(v.Repeats >= 20 && v.Repeats-v.Excused <= 20, "%d tasks ran again, want 20", v.Repeats)
	v.Demand(worst < s.Within(500*msec), "the slot was gone for %v", worst)
	return v
}

// gap is the longest time between the end of a failed run and the next start.
func gap(records []Record) (worst time.Duration) {
	var ended time.Time
	for _, r := range records {
		switch {
		case r.Event == Ended && r.How == Failed:
			ended = r.At
		case r.Event == Began && !ended.IsZero():
			worst = max(worst, r.At.Sub(ended))
			ended = time.Time{}
		}
	}
	return worst
}

// poison plants bad elements at the head of the queue, so that every worker
// meets them first, and payloads that cannot be decoded.
func poison(s *Stage) Verdict {
	server := s.Redis()
	lane := keyPrefix + "p:normal"
	elements := []string{
		"", "garbage", strings.Repeat("\xff", 5000), strings.Repeat("\x01", 40), "0123456789abcdef" + strings.Repeat("\x01", 20),
	}
	server.Do(s.t, append([]string{"RPUSH", lane}, elements...)...)
	s.Terms.Foreign = len(elements)
	s.Terms.Doomed = s.sendPoison()
	victim := s.holder()
	s.Worker()
	s.Sender(400*s.Scale, 400, work.Step{For: 100 * msec}, func(p *senderPlan) { p.Bulk = 10 })
	s.Sleep(500 * msec)
	victim.Kill()
	s.Open()
	s.Worker()
	v := s.Finish()
	v.Demand(v.Repeats > 0, "the kill hit no running task")
	return v
}

// sendPoison enqueues payloads that no handler can ever read and returns their
// ids.
func (s *Stage) sendPoison() map[string]bool {
	s.t.Helper()
	whole, err := (&work.Step{N: 1, Pad: make([]byte, 100)}).MarshalMsg(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	payloads := map[string][]byte{
		"cut":         whole[:len(whole)/2],
		"array bomb":  {0xdd, 0xff, 0xff, 0xff, 0xff},
		"map bomb":    {0xdf, 0xff, 0xff, 0xff, 0xff},
		"string bomb": {0x81, 0xdb, 0xff, 0xff, 0xff, 0xff},
		"deep":        []byte(strings.Repeat("\x91", 100_000)),
		"not msgpack": {0xc1},
		"trailing":    append(append([]byte(nil), whole...), 0xc0),
	}
	doomed := map[string]bool{}
	var messages []broker.Message
	for _, payload := range payloads {
		m := broker.Message{ID: broker.NewID(queueName, time.Now()), Queue: queueName, Kind: "work.Step", Version: 1, Max: 4, Payload: payload}
		doomed[m.ID.String()] = true
		s.Note(Record{Event: Sent, ID: m.ID.String()})
		messages = append(messages, m)
	}
	if receipts, err := s.eyes().Enqueue(s.ctx, messages); err != nil || receipts != nil {
		s.t.Fatalf("sending poison: %v, %v", receipts, err)
	}
	for id := range doomed {
		s.Note(Record{Event: Acked, ID: id})
	}
	return doomed
}

// twoBuilds has old workers, which meet each new task first, and new ones. What
// an old one does not know it gives back for some seconds.
func twoBuilds(s *Stage) Verdict {
	s.Redis()
	s.Worker(func(w *workerPlan) { w.Old = true })
	s.Sender(1000, 0, work.Step{For: msec}, func(p *senderPlan) { p.Extra, p.Bulk = 2, 20 })
	s.Await("the old worker has met all", patience, func(n broker.QueueInfo) bool { return n.Enqueued == 1000 && n.Pending == 0 })
	s.Workers(3)
	v := s.Finish()
	v.demandNoRepeats("no worker was harmed")
	return v
}

// rolling replaces old workers by new ones, then these by old ones again, as when a
// release is taken back, and ends with new ones. What old ones do not know waits.
func rolling(s *Stage) Verdict {
	s.Redis()
	old := func(w *workerPlan) { w.Old = true }
	workers := []*Process{s.Worker(old), s.Worker(old), s.Worker(old)}
	s.Sender(500*s.Scale, 100, work.Step{For: 10 * msec}, func(p *senderPlan) { p.Extra, p.Bulk = 2, 5 })
	for _, change := range [][]func(*workerPlan){nil, {old}, nil} {
		for i := range workers {
			s.Sleep(s.Between(200*msec, 500*msec))
			workers[i].Stop()
			workers[i] = s.Worker(change...)
		}
	}
	v := s.Finish()
	v.demandNoRepeats("all of them are short")
	return v
}
