package chaos

import (
	"context"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/internal/chaos/work"
	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// bringForward makes some tasks due that are not, and returns how many: few enough
// that no command takes long.
const bringForward = `
local ids, scores = redis.call('ZRANGEBYSCORE', KEYS[1], '2', '+inf', 'LIMIT', 0, 3000), {}
for i, id in ipairs(ids) do scores[2 * i - 1], scores[2 * i] = 1, id end
if #ids > 0 then redis.call('ZADD', KEYS[1], unpack(scores)) end
return #ids`

// dueAtOnce schedules a million tasks for one second and measures how long one
// worker needs to promote them all, and how long Redis keeps others waiting.
// Nothing runs, so there is no ledger to check: the counts are the check.
func dueAtOnce(s *Stage) Verdict {
	const tasks = 1_000_000
	server := s.Redis()
	payload, err := (&work.Step{}).MarshalMsg(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	due := time.Now().Add(5 * time.Minute)
	s.schedule(tasks, due, payload)
	v := Verdict{Tasks: tasks, Acked: int(s.info().Scheduled)}

	// Time does not pass faster for Redis, so the due times are brought forward.
	for server.Do(s.t, "EVAL", bringForward, "1", keyPrefix+"z").Text != "0" {
		s.Sleep(msec)
	}
	ctx, stop := context.WithCancel(s.ctx)
	worst := time.Duration(0)
	var pings sync.WaitGroup
	pings.Go(func() { worst = s.ping(ctx, server) })
	took := s.promote(tasks)
	stop()
	pings.Wait()
	n := s.info()
	s.Tell("promoted in %.1f s; ping at most %d ms", took.Seconds(), worst.Milliseconds())
	v.Demand(n.Scheduled == 0 && n.Pending == tasks, "%d tasks are scheduled and %d pending", n.Scheduled, n.Pending)
	v.Demand(took < s.Within(13800*msec), "promoted in %v, the peer takes 13.8 s", took)
	return v
}

func (s *Stage) schedule(tasks int, due time.Time, payload []byte) {
	for from := 0; from < tasks; from += broker.MaxBatch {
		messages := make([]broker.Message, broker.MaxBatch)
		for i := range messages {
			messages[i] = broker.Message{
				ID: broker.NewID(queueName, due), Queue: queueName, Kind: "work.Step", Version: 1, Max: 1, Payload: payload,
				Due: due.Add(time.Duration(i) * msec),
			}
		}
		if receipts, err := s.eyes().Enqueue(s.ctx, messages); err != nil || receipts != nil {
			s.t.Fatalf("scheduling: %v, %v", receipts, err)
		}
	}
}

// promote cycles as a worker without slots would until nothing is due.
func (s *Stage) promote(tasks int) time.Duration {
	start := time.Now()
	c := broker.Cycle{Session: broker.Session{Worker: "promoter", Queue: queueName}, Lease: lease}
	for range tasks {
		c.Seq++
		if _, err := s.eyes().Cycle(s.ctx, c); err != nil {
			s.t.Fatal(err)
		}
		if c.Seq%64 == 0 && s.info().Scheduled == 0 {
			break
		}
	}
	return time.Since(start)
}

// ping is the longest that Redis lets another client wait.
func (s *Stage) ping(ctx context.Context, server *redistest.Server) (worst time.Duration) {
	for sleep(ctx, 5*msec) == nil {
		start := time.Now()
		server.Do(s.t, "PING")
		worst = max(worst, time.Since(start))
	}
	return worst
}
