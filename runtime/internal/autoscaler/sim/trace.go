package sim

// The queues of a trace, in order of priority.
const (
	High = iota
	Default
	Low
	Queues // how many there are
)

// Types is how many types of task a trace has.
const Types = 3

// QueueName is the name of a queue in trace files.
func QueueName(q int) string { return [Queues]string{"high_priority", "default", "low_priority"}[q] }

// QueueWeight is what divides a queue's targets: the seed's priority weights.
func QueueWeight(q int) float64 { return [Queues]float64{3, 1, 0.3}[q] }

// A Task is one task of a trace. Times are in seconds, as everywhere here.
type Task struct {
	At        float64 // when it becomes ready
	Service   float32
	MemoryMB  float32
	Queue     uint8
	Type      uint8
	Scheduled bool // it stood in the delayed set before
}

// An Outage is a time in which the downstream of type 0 is slow or fails.
type Outage struct {
	From, To float64
	Capacity float64 `json:"Cap"`   // calls at the same time; more make each other slower
	Fails    float64 `json:"FailP"` // probability that a call fails
}

// A Trace is a load and the fleet that meets it. The JSON names are those of
// trace files.
type Trace struct {
	Name     string
	Seed     int64
	Duration float64 `json:"Dur"`

	Min, Max, Init   int     // workers
	Slots            int     // tasks that a worker runs at the same time
	StartLo, StartHi float64 // start-up delay, evenly distributed

	Wait    float64 `json:"W"` // target queue wait of a queue of weight 1
	Latency float64 `json:"L"` // target of the 95th percentile from ready to done

	Tasks       []Task  `json:"Tasks,omitempty"` // in order of At
	ServiceMean float64 `json:"SvcMean"`         // what an operator would write into a static configuration

	MemLimit  float64 // MB; 0: none
	OracleMax int     // workers that the oracle may run under the limit
	MemBase   float64 // MB without workers
	MemWorker float64 // MB of an idle worker

	Exempt     bool     // tasks of type 0 are not scored while their downstream is out
	Outages    []Outage `json:"Down"`
	Timeout    float64  // of an attempt; 0: none
	MaxRetries int

	Marks   []float64 // beginnings of disturbances, for the recovery time
	Visible float64   // how long before it is due a scheduled task can be seen
}

// WaitOf is the target wait of a queue.
func (tr *Trace) WaitOf(q int) float64 { return tr.Wait / QueueWeight(q) }

// LatencyOf is the latency target of a queue.
func (tr *Trace) LatencyOf(q int) float64 { return tr.Latency / QueueWeight(q) }
