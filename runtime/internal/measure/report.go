package measure

import "github.com/tqgen/taskqueue/runtime/internal/autoscaler"

// A Report is what one worker process has measured up to a moment. A counter
// counts from any beginning. All times are in seconds.
type Report struct {
	Slots       int               `json:"slots"`  // of one worker of the autoscaler
	Active      int               `json:"active"` // running handlers
	Ready       int               `json:"ready"`  // slots
	BusySeconds float64           `json:"busy_s"` // counter: Σ time of a slot with a task
	SlotSeconds float64           `json:"slot_s"` // counter: Σ time of a slot
	Memory      autoscaler.Memory `json:"memory"`
	Queues      []QueueReport     `json:"queues"`
	Kinds       []KindReport      `json:"kinds"`
}

// A QueueReport is about the tasks of one queue.
type QueueReport struct {
	Name     string  `json:"name"`
	Buffered int     `json:"buffered,omitempty"` // claimed and not begun
	WaitP95  float64 `json:"p95_s,omitempty"`    // from ready to started, of those started in the last minute
	Started  int     `json:"started,omitempty"`  // how many those are
}

// A KindReport is about the attempts of one kind.
type KindReport struct {
	Name       string   `json:"name"`
	Running    int      `json:"running,omitempty"`
	Held       int      `json:"held,omitempty"`        // given back because of a cap or for lack of memory, and not due yet
	DeclaredMB float64  `json:"declared_mb,omitempty"` // of a run; 0: nothing is said
	Starts     []Starts `json:"starts"`                // by queue, in the order of Report.Queues

	Succeeded      uint64  `json:"succeeded,omitempty"` // counters, as autoscaler.Type has them
	Failed         uint64  `json:"failed,omitempty"`
	SuccessSeconds float64 `json:"success_s,omitempty"`
	SuccessSquares float64 `json:"success_s2,omitempty"`
	FailedSeconds  float64 `json:"failed_s,omitempty"`
}

// Starts are counters of attempts that began, and of held tasks that are due
// again.
type Starts struct {
	First uint64 `json:"first,omitempty"`
	Again uint64 `json:"again,omitempty"`
	Back  uint64 `json:"back,omitempty"`
}

// place is where a queue is in the report; -1: it is not.
func (r *Report) place(queue string) int {
	for i := range r.Queues {
		if r.Queues[i].Name == queue {
			return i
		}
	}
	return -1
}
