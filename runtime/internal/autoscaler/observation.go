package autoscaler

import "math"

// An Observation is what the runtime has measured, at one moment and over all
// processes of the fleet. Times are in seconds. A counter counts from any
// beginning; only its growth matters. Decide keeps none of the slices.
type Observation struct {
	Workers Workers
	Memory  Memory
	Queues  []Queue // highest priority first
	Types   []Type  // in an order that stays the same as far as possible
}

// finite says that no figure is infinite or not a number.
func (o *Observation) finite() bool {
	w, m := &o.Workers, &o.Memory
	sum := w.StartupSeconds + w.BusySeconds + w.SlotSeconds + m.UsedMB + m.IdleMB + m.LimitMB
	for i := range o.Queues {
		q := &o.Queues[i]
		sum += q.Weight + q.OldestSeconds + q.WaitP95Seconds
	}
	for i := range o.Types {
		t := &o.Types[i]
		sum += t.MemoryMB + t.SuccessSeconds + t.SuccessSquares + t.FailedSeconds
	}
	return !math.IsNaN(sum) && !math.IsInf(sum, 0)
}

// Workers are the fleet.
type Workers struct {
	Ready    int // they take tasks
	Starting int // asked for, and not heard of yet
	Draining int // they finish what they have
	Slots    int // tasks that one worker runs at the same time; 0 counts as 1

	Startups       uint64  // counter: workers that came up
	StartupSeconds float64 // counter: their time from being asked for to the first heartbeat
	BusySeconds    float64 // counter: Σ time of a slot with a task, running ones included
	SlotSeconds    float64 // counter: Σ time of a slot of a ready or draining worker
}

// size is how many workers there are or will be without a decision.
func (w Workers) size() int { return w.Ready + w.Starting }

func (w Workers) slots() float64 { return float64(max(1, w.Slots)) }

// needed is how many workers have so many slots.
func (w Workers) needed(slots float64) int {
	return int(math.Ceil(math.Min(slots/w.slots(), maxWorkers) - 1e-9))
}

// Memory is where the limit applies, for all processes together, in MB. A Limit
// of 0 means none.
type Memory struct {
	UsedMB  float64 // at this moment
	IdleMB  float64 // what would be used if no task were running
	LimitMB float64 // cgroup v2 memory.max, or GOMEMLIMIT
}

// A Queue is a queue that the fleet serves.
type Queue struct {
	Name   string
	Weight float64 // divides the target wait: 3 high, 1 default, 0.3 low; 0 counts as 1

	OldestSeconds  float64 // how long the oldest ready task has waited
	WaitP95Seconds float64 // 95th percentile of ready → started, tasks started in the last 60 s
	Started        int     // how many those are
	Flows          []Flow  // Flows[i] is of Observation.Types[i]; those that are missing are zero
}

func (q *Queue) flow(i int) Flow {
	if i < len(q.Flows) {
		return q.Flows[i]
	}
	return Flow{}
}

func (q *Queue) weight() float64 {
	if q.Weight > 0 {
		return q.Weight
	}
	return 1
}

// A Flow is what comes of one type through one queue.
type Flow struct {
	Queued    int    // ready to run now; those that a cap holds back are not in it
	Due       int    // delayed, scheduled or waiting for a retry, due within Controller.Horizon
	Arrived   uint64 // counter: first attempts that were enqueued ready to run
	Scheduled uint64 // counter: first attempts that became due
}

// A Type is a type of task.
type Type struct {
	Name     string
	Running  int     // attempts at this moment
	HeldBack int     // ready tasks that wait only because of a cap on their type
	MemoryMB float64 // declared need of one task; 0: unknown

	Retried        uint64  // counter: retries that became ready
	Succeeded      uint64  // counter: attempts
	Failed         uint64  // counter: attempts that failed or timed out; "do not retry" is not a failure
	SuccessSeconds float64 // counter: Σ service time of successes, monotonic clock
	SuccessSquares float64 // counter: Σ (service time)²
	FailedSeconds  float64 // counter: Σ service time of failures
}
