package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A ticker counts the runs of crons by name.
type ticker struct {
	mu   sync.Mutex
	runs map[string]int
	due  []string // when each run was due
}

func (c *ticker) handle(ctx context.Context, _ string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.runs == nil {
		c.runs = map[string]int{}
	}
	c.runs[taskqueue.Info(ctx).Header(taskqueue.CronName)]++
	c.due = append(c.due, taskqueue.Info(ctx).Header(taskqueue.CronTick))
	return "", nil
}

// distinct is how many ticks there were, of which each runs once.
func (c *ticker) distinct(t *testing.T) int {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	due := slices.Sorted(slices.Values(c.due))
	if n := len(slices.Compact(slices.Clone(due))); n != len(due) {
		t.Errorf("%d runs of %d ticks: %q", len(due), n, due)
	}
	return len(due)
}

// last is when the newest tick that ran was due.
func (c *ticker) last(t *testing.T) time.Time {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	last, err := time.Parse(time.RFC3339, slices.Max(c.due))
	if err != nil {
		t.Error(err)
	}
	return last
}

func (c *ticker) count(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.runs[name]
}

func (c *ticker) worker(crons ...taskqueue.Cron) taskqueue.WorkerConfig {
	config := tasks(c.handle)
	config.Crons = crons
	return config
}

// Every process sees the crons of all, with their next ticks and their last.
func TestCronsAreAnnounced(t *testing.T) {
	bubble(t, func(f *fixture) {
		var ticks ticker
		sweep := taskqueue.Cron{Name: "sweep", Spec: "@every 90s", Missed: taskqueue.MissedOnce, Job: job("x", taskqueue.Queue("low_priority"))}
		w, stop := f.work(ticks.worker(sweep))
		pass(100 * time.Second)
		if err := w.AddCron(taskqueue.Cron{Name: "report", Spec: "0 6 * * *", Zone: "Europe/Paris", Job: job("y")}); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		crons, err := f.Crons(f.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []taskqueue.CronInfo{
			{Name: "report", Spec: "0 6 * * *", Zone: "Europe/Paris", Queue: "default", Kind: "test.Note"},
			{Name: "sweep", Spec: "@every 90s", Missed: taskqueue.MissedOnce, Queue: "low_priority", Kind: "test.Note", Last: time.Now().UTC().Truncate(90 * time.Second)},
		}
		if diff := cmp.Diff(want, crons, cmpopts.IgnoreUnexported(taskqueue.CronInfo{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		next, err := crons[1].Next(crons[1].Last, 2)
		if err != nil || len(next) != 2 || next[1].Sub(crons[1].Last) != 3*time.Minute {
			t.Errorf("%v %v", next, err)
		}
		stop()
		pass(11 * time.Minute)
		if crons, err := f.Crons(f.Context()); err != nil || len(crons) != 0 {
			t.Errorf("of a worker that is gone: %+v %v", crons, err)
		}
	})
}

// A pause holds in all processes, for those that come later, too; what was left out
// is not made up for.
func TestPauseCron(t *testing.T) {
	bubble(t, func(f *fixture) {
		var ticks ticker
		crons := []taskqueue.Cron{
			{Name: "a", Spec: "@every 1s", Missed: taskqueue.MissedAll, Job: job("x")},
			{Name: "b", Spec: "@every 1s", Job: job("x")},
		}
		_, stop := f.work(ticks.worker(crons...))
		f.work(ticks.worker(crons...))
		pass(10500 * time.Millisecond)
		if err := f.PauseCron(f.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		stop()
		f.work(ticks.worker(crons...))
		pass(time.Minute)
		if a, b := ticks.count("a"), ticks.count("b"); a != 10 || b != 70 {
			t.Errorf("a ran %d times, b %d", a, b)
		}
		if infos, err := f.Crons(f.Context()); err != nil || infos[0].Paused.IsZero() || !infos[1].Paused.IsZero() {
			t.Errorf("%+v %v", infos, err)
		}
		if err := f.ResumeCron(f.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		f.work(ticks.worker(crons...))
		pass(10 * time.Second)
		if a, b := ticks.count("a"), ticks.count("b"); a != 20 || b != 80 {
			t.Errorf("a ran %d times, b %d", a, b)
		}
		for _, err := range []error{f.PauseCron(f.Context(), "c"), f.ResumeCron(f.Context(), "c")} {
			if !errors.Is(err, taskqueue.ErrNotFound) {
				t.Errorf("%v", err)
			}
		}
	})
}

// A cron is run by hand, from any process, whatever it does else.
func TestRunCron(t *testing.T) {
	bubble(t, func(f *fixture) {
		var ticks ticker
		f.work(ticks.worker(
			taskqueue.Cron{Name: "yearly", Spec: "@yearly", Job: job("x", taskqueue.Retention(time.Hour), taskqueue.WithPriority(taskqueue.High))},
			taskqueue.Cron{Name: "large", Spec: "@yearly", Job: job(string(make([]byte, 50_000)))},
			taskqueue.Cron{Name: "unique", Spec: "@yearly", Job: job("x", taskqueue.Unique("u", time.Hour))},
		))
		id, err := f.RunCron(f.Context(), "yearly")
		if err != nil {
			t.Fatal(err)
		}
		m := f.message(id)
		if m.Priority != taskqueue.High || len(m.Headers) != 2 {
			t.Errorf("%+v", m)
		}
		pass(time.Second)
		if n := ticks.count("yearly"); n != 1 {
			t.Errorf("it ran %d times", n)
		}
		if _, err := f.RunCron(f.Context(), "large"); !errors.Is(err, taskqueue.ErrTooLarge) {
			t.Error(err)
		}
		if _, err := f.RunCron(f.Context(), "nobody's"); !errors.Is(err, taskqueue.ErrNotFound) {
			t.Error(err)
		}
		first, err := f.RunCron(f.Context(), "unique")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := f.RunCron(f.Context(), "unique"); !errors.Is(err, taskqueue.ErrDuplicate) || again != first {
			t.Error(again, err)
		}
	})
}

// Two schedulers with @every 1s fire 20 times in 20 seconds.
func TestTwentyTicks(t *testing.T) {
	bubble(t, func(f *fixture) {
		var ticks ticker
		cron := taskqueue.Cron{Name: "tick", Spec: "@every 1s", Job: job("x")}
		f.work(ticks.worker(cron))
		f.work(ticks.worker(cron))
		pass(20500 * time.Millisecond)
		if n := ticks.count("tick"); n != 20 {
			t.Errorf("%d ticks", n)
		}
	})
}

// The same on Redis, in processes' own connections and real time; with a pause.
func TestCronsLive(t *testing.T) {
	server := redistest.Start(t)
	var ticks ticker
	cron := taskqueue.Cron{Name: "tick", Spec: "@every 1s", Job: job("x")}
	var clients []*taskqueue.Client
	for range 2 {
		c, err := taskqueue.Open(t.Context(), server.URL())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		clients = append(clients, c)
		startWorker(t, c, ticks.worker(cron))
	}
	eventually(t, "the first tick", func() bool { return ticks.count("tick") > 0 })
	seconds := 4
	if soaking() {
		seconds = 19
	}
	eventually(t, "a tick each second", func() bool { return ticks.distinct(t) > seconds })
	if err := clients[0].PauseCron(t.Context(), "tick"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1500 * time.Millisecond)
	before, last := ticks.distinct(t), ticks.last(t)
	if crons, err := clients[1].Crons(t.Context()); err != nil || len(crons) != 1 || crons[0].Paused.IsZero() || last.After(crons[0].Paused) {
		t.Errorf("%+v %v; it ticks while it is paused: %v", crons, err, last)
	}
	if _, err := clients[1].RunCron(t.Context(), "tick"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the run by hand", func() bool { return ticks.count("tick") > before })
}

// A cron is looked at, held and run from any process.
func ExampleClient_Crons() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	config := tasks(nothing)
	config.Crons = []taskqueue.Cron{{Name: "report", Spec: "0 6 * * MON-FRI", Zone: "Europe/Paris", Job: job("the report")}}
	config.Logger = new(lines).logger()
	worker, err := taskqueue.NewWorker(queue, config)
	if err != nil {
		log.Fatal(err)
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error)
	go func() { ended <- worker.Run(running) }()

	var crons []taskqueue.CronInfo
	for len(crons) == 0 {
		if crons, err = queue.Crons(ctx); err != nil {
			log.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	paris, err := crons[0].Next(time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC), 1)
	fmt.Println(crons[0].Name, paris, err)
	fmt.Println(queue.PauseCron(ctx, "report"))
	_, err = queue.RunCron(ctx, "report")
	fmt.Println(err)
	fmt.Println(queue.ResumeCron(ctx, "report"))
	stop()
	fmt.Println(<-ended)
	// Output:
	// report [2026-03-30 06:00:00 +0200 CEST] <nil>
	// <nil>
	// <nil>
	// <nil>
	// <nil>
}
