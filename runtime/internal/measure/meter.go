package measure

import (
	"errors"
	"time"

	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// An Engine tells what it has measured. See [worker.Engine].
type Engine interface {
	Sample(s *worker.Sample)
}

// A MeterConfig says what to measure. All fields are needed.
type MeterConfig struct {
	Engine   Engine
	Queues   []string  // of the engine, in its order
	Kinds    []string  // of its tallies, in their order
	Declared []float64 // MB that a run of each of them says it takes; nil: none says it
	Slots    int       // of one worker of the autoscaler
}

// A Meter measures one process. One loop owns it.
type Meter struct {
	MeterConfig
	sample   worker.Sample
	memory   *Memory
	waits    []waits
	last     time.Time
	slotTime time.Duration
}

// ErrAway is returned while the store does not answer.
var ErrAway = errors.New("taskqueue: the store does not answer the worker")

// NewMeter makes a meter that has seen nothing.
func NewMeter(c MeterConfig, m *Memory) *Meter {
	return &Meter{MeterConfig: c, memory: m, last: time.Now(), waits: make([]waits, len(c.Queues))}
}

// Measure measures now. While the store does not answer there is only an error.
func (m *Meter) Measure(now time.Time) (*Report, error) {
	m.Engine.Sample(&m.sample)
	if m.sample.Outage {
		return nil, ErrAway
	}
	s := &m.sample
	m.slotTime += time.Duration(max(s.Slots, s.Active)) * now.Sub(m.last)
	m.last = now
	return &Report{
		Slots: m.Slots, Active: s.Active, Ready: s.Slots,
		BusySeconds: s.Busy.Seconds(), SlotSeconds: m.slotTime.Seconds(),
		Memory: m.memory.Read(s.Active), Queues: m.queues(now), Kinds: m.kinds(),
	}, nil
}

func (m *Meter) queues(now time.Time) []QueueReport {
	all := make([]QueueReport, len(m.Queues))
	for i, name := range m.Queues {
		w := &m.waits[i]
		w.look(now, &m.sample.Waits[i])
		all[i] = QueueReport{Name: name, Buffered: m.sample.Buffered[i], WaitP95: w.p95, Started: w.count}
	}
	return all
}

func (m *Meter) kinds() []KindReport {
	all := make([]KindReport, len(m.Kinds))
	for i, name := range m.Kinds {
		t := &m.sample.Tallies[i]
		all[i] = KindReport{
			Name: name, Running: t.Running, Held: t.Held, Starts: make([]Starts, len(t.Started)),
			Succeeded: t.Succeeded, Failed: t.Failed,
			SuccessSeconds: t.SuccessSeconds, SuccessSquares: t.SuccessArea, FailedSeconds: t.FailedSeconds,
		}
		if i < len(m.Declared) {
			all[i].DeclaredMB = m.Declared[i]
		}
		for q, n := range t.Started {
			all[i].Starts[q] = Starts(n)
		}
	}
	return all
}
