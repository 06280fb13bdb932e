package web

import (
	"context"
	"slices"
	"sync"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

const (
	fleetPeriod  = 2 * time.Second // between two readings of the store; workers write every 5
	recentPeriod = 30 * time.Second
	recentWindow = 5 * time.Minute
)

// A fleet adds up what the workers of all processes measure. Its sums only grow, as
// counters must: what a worker did stays when the worker is gone.
type fleet struct {
	reading sync.Mutex
	asked   time.Time // guarded by reading

	mu      sync.Mutex
	told    []taskqueue.WorkerMetrics
	known   map[string]map[series]taskqueue.KindMetrics // by worker: what is in the sum
	sum     taskqueue.Metrics
	earlier []earlier // sums, the oldest first
}

// A series is what is measured apart.
type series struct{ queue, kind string }

// An earlier sum is one that later ones are compared with.
type earlier struct {
	at    time.Time
	kinds map[series]taskqueue.KindMetrics
}

// A measured fleet is one at an instant.
type measured struct {
	told   []taskqueue.WorkerMetrics // by worker
	kinds  []taskqueue.KindMetrics   // of all workers together, by queue and kind
	recent []taskqueue.KindMetrics   // of those, what came in the last minutes
	window time.Duration             // how many
}

// refresh reads the store, if that was not just done or is being done. Nobody waits
// for it but the caller.
func (f *fleet) refresh(ctx context.Context, client *taskqueue.Client) error {
	if !f.reading.TryLock() {
		return nil
	}
	defer f.reading.Unlock()
	if time.Since(f.asked) < fleetPeriod {
		return nil
	}
	told, err := client.Metrics(ctx)
	if err != nil {
		return err
	}
	f.asked = time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told = told
	return nil
}

// now is what the store said last, with each worker of this process as it is now.
func (f *fleet) now(own []*taskqueue.Worker) measured {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := measured{told: withOwn(f.told, own)}
	known := make(map[string]map[series]taskqueue.KindMetrics, len(m.told))
	for i := range m.told {
		w := &m.told[i]
		known[w.Worker] = f.add(f.known[w.Worker], w.Kinds)
	}
	f.known = known
	m.kinds = f.sum.Kinds()
	m.recent, m.window = f.remember(time.Now(), m.kinds)
	return m
}

// withOwn are the workers that the store knows of, but those of this process as
// they are now.
func withOwn(told []taskqueue.WorkerMetrics, own []*taskqueue.Worker) []taskqueue.WorkerMetrics {
	all := slices.Clone(told)
	for _, w := range own {
		kinds := w.Metrics().Kinds()
		i := slices.IndexFunc(all, func(m taskqueue.WorkerMetrics) bool { return m.Worker == w.Name() })
		switch {
		case i >= 0:
			all[i].Kinds = kinds
		case len(kinds) > 0:
			all = append(all, taskqueue.WorkerMetrics{Worker: w.Name(), Kinds: kinds})
		}
	}
	return all
}

// add adds what a worker did since it was last looked at.
func (f *fleet) add(before map[series]taskqueue.KindMetrics, kinds []taskqueue.KindMetrics) map[series]taskqueue.KindMetrics {
	after := make(map[series]taskqueue.KindMetrics, len(kinds))
	for i := range kinds {
		k := &kinds[i]
		name := series{k.Queue, k.Kind}
		old, there := before[name]
		switch {
		case !there:
			f.sum.Add(*k)
		case k.Runs() < old.Runs():
			after[name] = old // an older row than the one before
			continue
		case k.Runs() > old.Runs():
			f.sum.Add(k.Since(&old))
		}
		after[name] = *k
	}
	return after
}

// remember keeps the sum now and then, and tells what is new since some minutes ago.
func (f *fleet) remember(now time.Time, kinds []taskqueue.KindMetrics) (recent []taskqueue.KindMetrics, window time.Duration) {
	if n := len(f.earlier); n == 0 || now.Sub(f.earlier[n-1].at) >= recentPeriod {
		f.earlier = append(f.earlier, earlier{now, byName(kinds)})
	}
	for len(f.earlier) > 2 && now.Sub(f.earlier[1].at) >= recentWindow {
		f.earlier = f.earlier[1:]
	}
	oldest := f.earlier[0]
	for i := range kinds {
		k := &kinds[i]
		old, there := oldest.kinds[series{k.Queue, k.Kind}]
		switch {
		case !there:
			recent = append(recent, *k)
		case k.Runs() > old.Runs():
			recent = append(recent, k.Since(&old))
		}
	}
	return recent, now.Sub(oldest.at)
}

func byName(kinds []taskqueue.KindMetrics) map[series]taskqueue.KindMetrics {
	table := make(map[series]taskqueue.KindMetrics, len(kinds))
	for _, k := range kinds {
		table[series{k.Queue, k.Kind}] = k
	}
	return table
}

// together merges the times of kinds; nil, if nothing was measured.
func together(kinds []taskqueue.KindMetrics, of func(*taskqueue.KindMetrics) *taskqueue.Durations) *taskqueue.Durations {
	if len(kinds) == 0 {
		return nil
	}
	var all taskqueue.Durations
	for i := range kinds {
		all.Merge(of(&kinds[i]))
	}
	return &all
}

// ownKinds are what the workers of this process measured, together.
func (v *look) ownKinds() []taskqueue.KindMetrics {
	var sum taskqueue.Metrics
	for _, w := range v.workers {
		sum.Add(w.Metrics().Kinds()...)
	}
	return sum.Kinds()
}
