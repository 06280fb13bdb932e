package chaos

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tqgen/taskqueue/internal/chaos/work"
	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// queueScenarios have more queues than anybody should.
func queueScenarios() []Scenario {
	return []Scenario{
		{Name: "many-queues", Does: "10,000 queues with one task each, one worker for all, and Redis killed meanwhile", Long: true, Run: manyQueues},
	}
}

// manyQueues is played in one process and without a ledger: the counts of the queues
// are the check. Then nothing is left to do, and it is measured what that costs.
func manyQueues(s *Stage) Verdict {
	const queues, idle = 10_000, 10 * sec
	server := s.Redis("--appendonly", "yes")
	names := make([]string, queues)
	served := make([]taskqueue.QueueWeight, queues)
	for i := range names {
		names[i] = "q" + strconv.Itoa(i)
		served[i] = taskqueue.QueueWeight{Name: names[i]}
	}
	s.fill(names)
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	gone := s.serve(ctx, served)
	s.Sleep(sec)
	server.Kill()
	server.Restart(s.t)
	start := time.Now()
	left := s.unfinished(names)
	for left > 0 && time.Since(start) < 4*time.Minute { // a busy machine is slow at so many
		s.Sleep(200 * msec)
		left = s.unfinished(names)
	}
	took := time.Since(start)
	s.Sleep(2 * sec) // until it is quiet
	before := s.commands(server)
	s.Sleep(idle)
	rate := float64(s.commands(server)-before) / idle.Seconds()
	stop()
	err := <-gone
	s.Tell("all done %.1f s after the kill; then %.0f commands/s with nothing to do", took.Seconds(), rate)
	v := Verdict{Tasks: queues, Acked: queues, Runs: queues - left}
	v.Demand(left == 0, "%d of %d queues still have a task", left, queues)
	v.Demand(err == nil, "the worker ended by %v", err)
	v.Demand(rate < 28000, "%.0f commands/s with nothing to do, the peer needs 28,000", rate)
	return v
}

// fill puts a task into each queue.
func (s *Stage) fill(names []string) {
	s.t.Helper()
	payload, err := (&work.Extra{}).MarshalMsg(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, name := range names {
		m := broker.Message{ID: broker.NewID(name, time.Now()), Queue: name, Kind: "work.Extra", Version: 1, Max: 4, Payload: payload}
		if receipts, err := s.eyes().Enqueue(s.ctx, []broker.Message{m}); err != nil || receipts != nil {
			s.t.Fatalf("queue %s: %v, %v", name, receipts, err)
		}
	}
}

// serve runs a worker in this process; its end comes through the channel.
func (s *Stage) serve(ctx context.Context, queues []taskqueue.QueueWeight) <-chan error {
	s.t.Helper()
	client, err := taskqueue.NewClient(unclosed{s.eyes()}, taskqueue.ClientConfig{})
	if err != nil {
		s.t.Fatal(err)
	}
	worker, err := taskqueue.NewWorker(client, taskqueue.WorkerConfig{
		Tasks: work.Tasks(&handler{ledger: s.ledger}), Queues: queues, Concurrency: slots, Logger: logger(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	gone := make(chan error, 1)
	go func() { gone <- worker.Run(ctx) }()
	return gone
}

// unclosed is a store that others still need.
type unclosed struct{ broker.Broker }

func (unclosed) Close() error { return nil }

// unfinished is how many of the queues still have something to do.
func (s *Stage) unfinished(names []string) (n int) {
	s.t.Helper()
	for part := range slices.Chunk(names, 500) {
		infos, err := s.eyes().Queues(s.ctx, part...)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, info := range infos {
			if info.Done != 1 {
				n++
			}
		}
	}
	return n
}

func (s *Stage) commands(server *redistest.Server) int {
	s.t.Helper()
	n, err := strconv.Atoi(server.Info(s.t, "stats", "total_commands_processed"))
	if err != nil {
		s.t.Fatal(fmt.Errorf("total_commands_processed: %w", err))
	}
	return n
}
