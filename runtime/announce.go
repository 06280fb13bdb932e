package taskqueue

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

const (
	workersTable   = "workers"
	announcePeriod = 5 * time.Second
	// localPeriod is that for a store in this process, where nobody else reads it: a
	// client has its workers announce themselves before it looks.
	localPeriod = time.Minute
	// announceTimes periods without a word, and a worker is not listed any more.
	announceTimes = 3
	// idlePeriods is in how many periods a worker announces itself that has done
	// nothing meanwhile. It saves an idle process 1.2 of four commands a second.
	idlePeriods     = 2
	announceTimeout = 500 * time.Millisecond

	// promoterRest is how often a worker renews its lead of those that look after queues
	// without workers: in such a queue nothing is in a hurry.
	promoterRest = 15 * time.Second

	announcedRuns  = 20       // those that have run longest
	announcedBytes = 48 << 10 // of kinds in one row
)

// period is how often the workers of a client announce themselves.
func (c *Client) period() time.Duration {
	if c.local {
		return localPeriod
	}
	return announcePeriod
}

// An announcer tells everybody that a worker lives, and what it can do and does.
type announcer struct {
	worker *Worker
	fixed  WorkerInfo // what does not change
	crons  *cronBoard
	period time.Duration

	mu       sync.Mutex // held while it announces
	draining bool
	told     told
	trouble
}

// A told is when a worker announced itself last, and what it had done by then.
type told struct {
	at     time.Time
	counts Counts
}

// A workerRow is what is announced, and for how long.
type workerRow struct {
	WorkerInfo
	Lasts time.Duration `json:"lasts"`
}

// newAnnouncer fills in what does not change.
func newAnnouncer(w *Worker) *announcer {
	host, _ := os.Hostname()
	a := &announcer{worker: w, crons: w.board, period: w.client.period(), trouble: trouble{log: w.log}, fixed: WorkerInfo{
		Name: w.name, Host: host, PID: os.Getpid(), Started: time.Now(), Version: programVersion(),
		Registry: registryOf(w.announced), Kinds: w.announced,
	}}
	size := 0
	for i, k := range w.announced {
		if size += len(k.Name) + 20*(1+len(k.Older)); size > announcedBytes {
			a.fixed.Kinds, a.fixed.More = w.announced[:i], true
			break
		}
	}
	return a
}

// run announces until gone ends, and at once that the worker drains. Then it takes
// the announcement back.
func (a *announcer) run(gone, draining context.Context) {
	ticker := time.NewTicker(a.period)
	defer ticker.Stop()
	a.worker.client.announcers.Store(a, true)
	defer a.worker.client.announcers.Delete(a)
	drained := draining.Done()
	for due := true; gone.Err() == nil; {
		if due {
			a.announce(gone)
			a.crons.tell(gone)
			a.worker.parkings.exchange(gone)
		}
		due = true
		select {
		case <-gone.Done():
		case <-ticker.C:
			due = !a.idle()
		case <-a.crons.changed:
		case <-a.worker.parkings.changed:
		case <-drained:
			drained = nil
			a.drain()
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(gone), announceTimeout)
	defer cancel()
	_ = a.worker.client.broker.Remove(ctx, workersTable, a.worker.name, broker.Any)
}

func (a *announcer) drain() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.draining = true
}

// idle reports whether there is nothing to tell but that the worker lives, and it
// is not the time for that.
func (a *announcer) idle() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.worker.Stats()
	return s.Active == 0 && s.Counts == a.told.counts && time.Since(a.told.at) < (idlePeriods-1)*a.period+a.period/2
}

func (a *announcer) announce(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	info := a.fixed
	s := a.worker.Stats()
	info.Draining, info.Slots, info.Active, info.Counts = a.draining, s.Slots, s.Active, s.Counts
	info.Running = a.worker.Running(announcedRuns)
	busy := make(map[string]int, len(a.worker.queues))
	for _, r := range a.worker.engine.Running() {
		busy[r.Lease.Queue]++
	}
	for _, q := range a.worker.served {
		info.Queues = append(info.Queues, WorkerQueue{Name: q.Name, Weight: q.Weight, Active: busy[q.Name]})
	}
	a.told = told{time.Now(), s.Counts}
	lasts := announceTimes * a.period
	if s.Active == 0 {
		lasts *= idlePeriods // it may be silent so long
	}
	data, err := json.Marshal(workerRow{info, lasts})
	if err == nil {
		_, err = a.put(ctx, a.worker.client.broker, workersTable, broker.Record{Name: info.Name, Data: data, TTL: lasts, If: broker.Any})
	}
	a.note("this worker cannot announce itself; it works all the same", err)
}

// A trouble is worth a line when it begins, and no more until it is over.
type trouble struct {
	log  *slog.Logger
	last bool
}

func (t *trouble) note(text string, err error) {
	if err != nil && !t.last {
		t.log.Warn(text, "error", err)
	}
	t.last = err != nil
}

func (t *trouble) put(ctx context.Context, store broker.Records, table string, r broker.Record) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, announceTimeout)
	defer cancel()
	return store.Put(ctx, table, r)
}

// kindsOf lists what tasks run, by name.
func kindsOf(tasks []Task, unfit map[string]string) []WorkerKind {
	var kinds []WorkerKind
	for _, t := range tasks {
		older := slices.Sorted(maps.Keys(t.Older))
		for _, name := range t.Kind.names() {
			if unfit[name] != "" {
				continue
			}
			kinds = append(kinds, WorkerKind{Name: name, Version: max(t.Kind.Version, 1), Older: older})
		}
	}
	slices.SortFunc(kinds, func(a, b WorkerKind) int { return cmp.Compare(a.Name, b.Name) })
	return kinds
}

// registryOf is the same for workers that can run the same.
func registryOf(kinds []WorkerKind) string {
	hash := fnv.New64a()
	for _, k := range kinds {
		fmt.Fprintln(hash, k.Name, k.Version, k.Older)
	}
	return fmt.Sprintf("%016x", hash.Sum64())
}

// programVersion is the version of the program as it was built: that of its
// module, or the revision of its source.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(len(s.Value), 12)]
		}
	}
	return ""
}
