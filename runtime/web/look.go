package web

import (
	"context"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A look is what the store and this process say at one instant.
type look struct {
	at        time.Time
	queues    []taskqueue.QueueInfo
	rates     map[string]*rates // by queue; none at the first look
	fleet     *rates            // of all queues
	workers   []workerState
	announced []taskqueue.WorkerInfo // workers of all processes
	measured
	memory memory
	uptime time.Duration
}

// A workerState is a worker of this process.
type workerState struct {
	*taskqueue.Worker
	health taskqueue.Health
}

// look reads the store once, and each worker.
func (h *handler) look(ctx context.Context) (*look, error) {
	queues, err := h.client.Queues(ctx)
	if err == nil {
		err = h.fleet.refresh(ctx, h.client)
	}
	v := h.lookInside(ctx)
	if err != nil {
		return v, err
	}
	announced, err := h.client.Workers(ctx)
	if err != nil {
		return v, err
	}
	v.announced = withOwnWorkers(announced, v.workers)
	v.queues = queues
	v.rates, v.fleet = h.history.add(v.at, queues)
	return v, nil
}

// lookInside is about this process alone.
func (h *handler) lookInside(ctx context.Context) *look {
	v := &look{at: time.Now(), memory: h.peak.read(), uptime: time.Since(h.started), measured: h.fleet.now(h.Workers)}
	for _, w := range h.Workers {
		v.workers = append(v.workers, workerState{w, w.Health(ctx)})
	}
	return v
}

func (v *look) viewQueues(queues []taskqueue.QueueInfo) []queueView {
	all := []queueView{}
	for i := range queues {
		q := &queues[i]
		all = append(all, viewQueue(q, v.rates[q.Queue]))
	}
	return all
}

// counts are the ends of runs of all workers of this process together.
func (v *look) counts() (sum taskqueue.Counts) {
	for _, w := range v.workers {
		c := w.health.Stats.Counts
		sum.Done += c.Done
		sum.Failed += c.Failed
		sum.Retried += c.Retried
		sum.Dead += c.Dead
		sum.Discarded += c.Discarded
		sum.Released += c.Released
		sum.Lost += c.Lost
		sum.Unknown += c.Unknown
		sum.Panics += c.Panics
		sum.Timeouts += c.Timeouts
		sum.Abandoned += c.Abandoned
	}
	return sum
}

// slots are those of all workers of this process, and how many are busy.
func (v *look) slots() (slots, busy int) {
	for _, w := range v.workers {
		if w.health.Running {
			slots += w.health.Stats.Slots
		}
		busy += w.health.Stats.Active
	}
	return slots, busy
}

func (v *look) total(f func(*taskqueue.QueueInfo) int64) (sum int64) {
	for i := range v.queues {
		sum += f(&v.queues[i])
	}
	return sum
}

func pending(q *taskqueue.QueueInfo) int64 { return q.Pending }
func done(q *taskqueue.QueueInfo) int64    { return q.Done }
func failed(q *taskqueue.QueueInfo) int64  { return q.Retried + q.Died }

func runTimes(k *taskqueue.KindMetrics) *taskqueue.Durations  { return k.Run }
func waitTimes(k *taskqueue.KindMetrics) *taskqueue.Durations { return k.Wait }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// share is a part of a whole; of nothing it is not known.
func share(part, whole int64) *float64 {
	if whole == 0 {
		return nil
	}
	return new(float64(part) / float64(whole))
}
