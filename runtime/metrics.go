package taskqueue

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/stats"
)

// Durations are the distribution of measured times: Count, Sum, Max, Mean,
// Quantile; Merge adds those of others.
type Durations = stats.Durations

// Metrics measure the runs of workers, by queue and kind. Each worker has one, see
// [Worker.Metrics]; the zero value is ready for whoever wants another:
//
//	var metrics taskqueue.Metrics
//	config.OnFinish = metrics.Observe
//
// It is safe for concurrent use. A series takes 8 KiB, and there are at most
// [MaxSeries]; all runs beyond them are in one more, of queue and kind [OtherSeries].
type Metrics struct {
	mu     sync.Mutex // of those who add a series
	series atomic.Pointer[map[seriesName]*series]
	last   atomic.Pointer[series] // the one that was observed last: mostly it is the next, too
}

const (
	// MaxSeries is how many pairs of a queue and a kind are told apart.
	MaxSeries = 256
	// OtherSeries is the queue and kind of all others.
	OtherSeries = "other:"
)

// A seriesName says what a series is of.
type seriesName struct{ queue, kind string }

// A series is what is measured of one kind in one queue.
type series struct {
	name seriesName

	mu               sync.Mutex
	outcomes         [broker.Park + 1]int64
	wait, run, total stats.Durations
}

// KindMetrics are the runs of one kind in one queue, as their workers saw them.
type KindMetrics struct {
	Queue, Kind string

	Done, Retried, Dead, Discarded, Released int64 // how the runs ended

	Wait  *Durations // from when the task could run until it did
	Run   *Durations // of the handler
	Total *Durations // both
}

// Runs is how many runs ended.
func (k *KindMetrics) Runs() int64 { return k.Done + k.Failed() + k.Discarded + k.Released }

// Failed is how many runs failed.
func (k *KindMetrics) Failed() int64 { return k.Retried + k.Dead }

// Observe is a [WorkerConfig.OnFinish]. It allocates nothing but for a new series.
func (m *Metrics) Observe(e Event) {
	s := m.find(e.Queue, e.Kind)
	s.mu.Lock()
	defer s.mu.Unlock()
	if int(e.Outcome) < len(s.outcomes) {
		s.outcomes[e.Outcome]++
	}
	s.wait.Observe(e.Wait)
	s.run.Observe(e.Run)
	s.total.Observe(e.Wait + e.Run)
}

// Add adds what was measured elsewhere.
func (m *Metrics) Add(kinds ...KindMetrics) {
	for i := range kinds {
		k := &kinds[i]
		s := m.find(k.Queue, k.Kind)
		s.mu.Lock()
		for o, n := range map[Outcome]int64{Done: k.Done, Retried: k.Retried, Dead: k.Dead, Discarded: k.Discarded, Released: k.Released} {
			s.outcomes[o] += n
		}
		s.wait.Merge(k.Wait)
		s.run.Merge(k.Run)
		s.total.Merge(k.Total)
		s.mu.Unlock()
	}
}

// Since is what was measured after an earlier state of the same series.
func (k *KindMetrics) Since(old *KindMetrics) KindMetrics {
	return KindMetrics{
		Queue: k.Queue, Kind: k.Kind,
		Done: k.Done - old.Done, Retried: k.Retried - old.Retried, Dead: k.Dead - old.Dead,
		Discarded: k.Discarded - old.Discarded, Released: k.Released - old.Released,
		Wait: k.Wait.Since(old.Wait), Run: k.Run.Since(old.Run), Total: k.Total.Since(old.Total),
	}
}

// find returns a series and makes it if need be.
func (m *Metrics) find(queue, kind string) *series {
	if s := m.last.Load(); s != nil && s.name.kind == kind && s.name.queue == queue {
		return s
	}
	s := m.lookUp(seriesName{queue, kind})
	m.last.Store(s)
	return s
}

func (m *Metrics) lookUp(name seriesName) *series {
	if table := m.series.Load(); table != nil {
		if s := (*table)[name]; s != nil {
			return s
		}
	}
	return m.add(name)
}

// add makes a series in a copy of the table, which readers need no lock for.
func (m *Metrics) add(name seriesName) *series {
	m.mu.Lock()
	defer m.mu.Unlock()
	table := map[seriesName]*series{}
	if old := m.series.Load(); old != nil {
		table = *old
	}
	if len(table) >= MaxSeries && table[name] == nil {
		name = seriesName{OtherSeries, OtherSeries}
	}
	if s := table[name]; s != nil {
		return s
	}
	s := &series{name: name}
	table = maps.Clone(table)
	table[name] = s
	m.series.Store(&table)
	return s
}

// Kinds returns what was measured since the start, sorted by queue and kind.
func (m *Metrics) Kinds() []KindMetrics {
	table := m.series.Load()
	if table == nil {
		return nil
	}
	var all []KindMetrics
	for _, s := range *table {
		all = append(all, s.snapshot())
	}
	slices.SortFunc(all, func(a, b KindMetrics) int {
		return cmp.Or(cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Kind, b.Kind))
	})
	return all
}

// snapshot copies what was measured.
func (s *series) snapshot() KindMetrics {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait, run, total := s.wait, s.run, s.total
	return KindMetrics{
		Queue: s.name.queue, Kind: s.name.kind,
		Done: s.outcomes[Done], Retried: s.outcomes[Retried], Dead: s.outcomes[Dead],
		Discarded: s.outcomes[Discarded], Released: s.outcomes[Released],
		Wait: &wait, Run: &run, Total: &total,
	}
}
