package main

import (
	"errors"
	"time"

	"github.com/hibiken/asynq"

	"github.com/tqgen/taskqueue/internal/chaos"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// asynq's own numbers, none of which can be set.
const (
	leaseTime  = 30 * time.Second
	graceTime  = 8 * time.Second
	settleTime = time.Second
)

// start starts a process.
func start(s *chaos.Stage, p plan) *chaos.Process {
	p.Name, p.URL, p.Dir = s.Actor(p.Role), s.URL(), s.Dir()
	return s.Spawn(p.Name, actorVariable, p)
}

func worker(s *chaos.Stage, slots int) *chaos.Process {
	return start(s, plan{Role: "worker", Slots: slots})
}

// open is the scenario's own view of the store.
func open(s *chaos.Stage, url string) *asynq.Inspector {
	redis, err := asynq.ParseRedisURI(url)
	if err != nil {
		s.Test().Fatal(err)
	}
	i := asynq.NewInspector(redis)
	s.Test().Cleanup(func() { _ = i.Close() })
	return i
}

// counts are what the store says of the queue; zeros before the first task.
func counts(s *chaos.Stage, i *asynq.Inspector) asynq.QueueInfo {
	n, err := i.GetQueueInfo(queueName)
	switch {
	case errors.Is(err, asynq.ErrQueueNotFound):
		return asynq.QueueInfo{}
	case err != nil:
		s.Test().Logf("asking for the queue: %v", err)
		return asynq.QueueInfo{Active: 1}
	}
	return *n
}

// await waits until the counts please, and reports whether they did.
func await(s *chaos.Stage, i *asynq.Inspector, limit time.Duration, ok func(asynq.QueueInfo) bool) bool {
	for start := time.Now(); ; {
		if ok(counts(s, i)) {
			return true
		}
		if time.Since(start) > limit {
			return false
		}
		s.Sleep(50 * time.Millisecond)
	}
}

func drained(n asynq.QueueInfo) bool { return n.Pending+n.Active+n.Scheduled+n.Retry == 0 }

// finish waits until all is done, or for the limit, stops every process and
// checks what the ledgers say against what is in the store.
func finish(s *chaos.Stage, i *asynq.Inspector, limit time.Duration) chaos.Verdict {
	await(s, i, limit, drained)
	s.StopAll()
	records, err := chaos.ReadLedgers(s.Dir())
	if err != nil {
		s.Test().Fatal(err)
	}
	return chaos.Check(records, final(s, i, records), s.Terms)
}

// final says in our words where each task of the ledgers is.
func final(s *chaos.Stage, i *asynq.Inspector, records []chaos.Record) *chaos.Final {
	f := &chaos.Final{States: map[string]broker.State{}, Tokens: map[string]uint32{}}
	for _, r := range records {
		if _, seen := f.States[r.ID]; r.ID == "" || seen {
			continue
		}
		info, err := i.GetTaskInfo(queueName, r.ID)
		switch {
		case errors.Is(err, asynq.ErrTaskNotFound), errors.Is(err, asynq.ErrQueueNotFound):
			f.States[r.ID] = broker.StateUnknown
			continue
		case err != nil:
			s.Test().Fatal(err)
		}
		f.States[r.ID] = stateOf(info.State)
		switch f.States[r.ID] {
		case broker.StateDone:
			f.Info.Done++
		case broker.Active:
			f.Info.Active++
		case broker.StateDead:
			f.Info.Died++
			f.Info.Dead++
			f.Letters = append(f.Letters, chaos.Letter{ID: r.ID, Reason: info.LastErr, Max: info.MaxRetry + 1, Kind: info.Type})
		}
	}
	f.Info.Enqueued = f.Info.Done + f.Info.Active + f.Info.Dead // what waits is in no list of asynq's counts
	return f
}

func stateOf(s asynq.TaskState) broker.State {
	switch s {
	case asynq.TaskStateActive:
		return broker.Active
	case asynq.TaskStateCompleted:
		return broker.StateDone
	case asynq.TaskStateArchived:
		return broker.StateDead
	case asynq.TaskStatePending:
		return broker.Pending
	}
	return broker.Scheduled
}
