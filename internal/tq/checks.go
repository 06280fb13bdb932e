package tq

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

const (
	probes      = 25
	slowMedian  = 5 * time.Millisecond
	slowLongest = 100 * time.Millisecond
	skewLimit   = 500 * time.Millisecond
	oldMajor    = 7 // releases before it get no more fixes
	manyDead    = 1000
	fewNamed    = 20 // of one sort
)

// checkServers passes on what servers say of themselves, and looks at their clocks.
func (v *visit) checkServers(ctx context.Context) error {
	servers, err := v.client.Servers(ctx)
	asked := time.Now()
	if err != nil {
		return err
	}
	for i := range servers {
		s := &servers[i]
		where := s.Address
		for _, f := range s.Findings {
			what, fix, _ := strings.Cut(f, ": ")
			v.found(odd, fmt.Sprintf("%s (%s): %s", where, s.Software, what), fix)
		}
		if old(s.Software) {
			v.found(odd, fmt.Sprintf("%s is %s, which gets no more fixes", where, s.Software), "upgrade to Redis 7.2 or newer, or to Valkey")
		}
		if s.Clock.IsZero() {
			continue
		}
		if skew := s.Clock.Sub(asked.Add(-s.Latency / 2)); skew.Abs() > skewLimit+s.Latency {
			v.found(odd, fmt.Sprintf("the clock of %s is %s from the one here", where, console.Span(skew)),
				"let NTP set both. What is due and what lapses goes by the store's clock; times that producers and workers tell do not")
		}
	}
	return nil
}

// old reports whether "redis 6.2.14" is of a release that is not maintained.
func old(software string) bool {
	name, version, _ := strings.Cut(software, " ")
	major, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(major)
	return name == "redis" && err == nil && n < oldMajor
}

// checkLatency measures how long the store takes for a small question.
func (v *visit) checkLatency(ctx context.Context) error {
	took := make([]time.Duration, probes)
	for i := range took {
		start := time.Now()
		if _, err := v.client.Queues(ctx, taskqueue.Default); err != nil {
			return err
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	median, longest := took[probes/2], took[probes-1]
	text := fmt.Sprintf("the store answers within %s; the longest of %d answers took %s", console.Span(median), probes, console.Span(longest))
	if median > slowMedian || longest > slowLongest {
		v.found(odd, text, "see what it does (SLOWLOG GET, LATENCY DOCTOR, MEMORY DOCTOR); keep it near the workers, and slow commands of others off it")
		return nil
	}
	v.found(info, text, "")
	return nil
}

// checkWorkers looks for workers that are silent, and runs that do not end.
func (v *visit) checkWorkers(context.Context) error {
	for i := range v.workers {
		w := &v.workers[i]
		if w.Heard > lateWorker {
			v.found(odd, fmt.Sprintf("worker %s on %s was heard of %s ago", w.Name, w.Host, console.Span(w.Heard)),
				"it died, is paused, or cannot reach the store: see its log. Its tasks run elsewhere when their leases are over")
		}
		for _, r := range w.Running {
			if r.Overdue {
				v.found(bad, fmt.Sprintf("task %v (%s) of worker %s runs on although its time was up %s", r.ID, r.Kind, w.Name, console.Ago(r.Deadline, time.Now())),
					"its handler does not watch its context: let it return when ctx ends. Until then it takes up a slot; restart the worker to free it")
			}
		}
	}
	return nil
}

// checkVersions looks for workers of several releases.
func (v *visit) checkVersions(context.Context) error {
	versions, registries := map[string]int{}, map[string]int{}
	for i := range v.workers {
		w := &v.workers[i]
		if w.Version != "" {
			versions[w.Version]++
		}
		registries[w.Registry]++
	}
	if len(versions) > 1 {
		var parts []string
		for _, version := range slices.Sorted(maps.Keys(versions)) {
			parts = append(parts, fmt.Sprintf("%s of %s", console.Count(versions[version], "worker"), version))
		}
		v.found(odd, "workers of several releases: "+strings.Join(parts, ", "), "finish the deploy; while it lasts this is as it should be")
	} else if len(registries) > 1 {
		v.found(info, fmt.Sprintf("workers of %d kinds of programs: they can run different tasks (`tq workers --types`)", len(registries)), "")
	}
	return nil
}

// checkUnhandled looks for tasks that nobody can run.
func (v *visit) checkUnhandled(ctx context.Context) error {
	all, err := v.client.Unhandled(ctx)
	if err != nil {
		return err
	}
	for i, u := range all {
		if i == fewNamed {
			v.found(bad, fmt.Sprintf("and %d more kinds in queues", len(all)-i), "")
			break
		}
		fix := fmt.Sprintf("deploy a worker that has %s in its Tasks, in this version; or drop them: tq tasks rm --queue %s --type %s", u.Kind, u.Queue, u.Kind)
		if u.Workers == 0 {
			fix = fmt.Sprintf("start a worker that serves queue %s (workers.queues, --queues)", u.Queue)
		}
		v.found(bad, u.String(), fix)
	}
	return nil
}

// checkQueues looks for leases without a worker, pauses and dead letters. Sessions
// that have lapsed are counted until somebody looks after the queue, so it is asked
// who of those that live serves it.
func (v *visit) checkQueues(context.Context) error {
	for i := range v.queues {
		q := &v.queues[i]
		served := slices.ContainsFunc(v.workers, func(w taskqueue.WorkerInfo) bool { return w.Serves(q.Queue) })
		if q.Active > 0 && !served {
			v.found(bad, fmt.Sprintf("queue %s has %s that nobody holds: their workers are gone", q.Queue, console.Count(q.Active, "active task")),
				"start a worker that serves the queue: it takes over what is left behind, when the leases are over")
		}
		if waits := q.Pending + q.Parked; q.Settings.Paused && waits > 0 {
			v.found(odd, fmt.Sprintf("queue %s is paused, and %s wait", q.Queue, console.Count(waits, "task")), "tq queues resume "+q.Queue)
		}
		if q.Settings.Closed {
			v.found(odd, fmt.Sprintf("queue %s is closed by a Drain: new tasks are refused", q.Queue), "if none is under way any more: tq queues resume "+q.Queue)
		}
		if q.Settings.MaxTasks > 0 && q.Pending+q.Scheduled+q.Parked >= q.Settings.MaxTasks {
			v.found(bad, fmt.Sprintf("queue %s is full (%d tasks): more are refused", q.Queue, q.Settings.MaxTasks),
				"add workers, purge, or raise the limit: tq queues limit "+q.Queue+" --max-tasks N")
		}
		if q.Dead >= manyDead {
			v.found(odd, fmt.Sprintf("queue %s has %d dead letters", q.Queue, q.Dead), "tq dlq ls --group --queue "+q.Queue+"; then retry or drop them")
		}
	}
	return nil
}

// checkBacklogs looks for tasks that wait longer than they should.
func (v *visit) checkBacklogs(ctx context.Context) error {
	for i := range v.queues {
		q := &v.queues[i]
		if q.Settings.Paused {
			continue
		}
		ready, err := v.oldest(ctx, q)
		if err != nil {
			return err
		}
		if waits := time.Since(ready); !ready.IsZero() && waits > v.sla {
			fix := "add workers or slots (workers.max_concurrent_tasks), or let the autoscaler (autoscaler.enabled); see `tq stats` for what takes long"
			if q.Settings.Limited() {
				fix = "it has limits (tq queues show " + q.Queue + "): if they are not why, " + fix
			}
			v.found(odd, fmt.Sprintf("in queue %s the next task waits for %s, and should for no more than %s; %d pending", q.Queue, console.Span(waits), console.Span(v.sla), q.Pending), fix)
		}
	}
	return nil
}
