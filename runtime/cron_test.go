package taskqueue_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func TestCronRunsEachTickOnce(t *testing.T) {
	bubble(t, func(f *fixture) {
		var runs, early atomic.Int64
		config := tasks(func(ctx context.Context, text string) (string, error) {
			runs.Add(1)
			info := taskqueue.Info(ctx)
			due, err := time.Parse(time.RFC3339Nano, info.Header(taskqueue.CronTick))
			if err != nil || text != "beat" || info.Header(taskqueue.CronName) != "test.Note" {
				f.Errorf("%q %v: %v", text, info.Headers, err)
			}
			if time.Now().Before(due) {
				early.Add(1)
			}
			return "", nil
		})
		config.Crons = []taskqueue.Cron{{Spec: "@every 1s", Job: job("beat")}}
		for range 3 {
			f.work(config)
		}
		pass(20 * time.Second)
		if n := runs.Load(); n != 20 || early.Load() > 0 {
			f.Errorf("%d runs in 20 s, %d of them early", n, early.Load())
		}
	})
}

func TestCronInItsZone(t *testing.T) {
	bubble(t, func(f *fixture) { // which begins at 2000-01-01 in UTC, a Saturday
		var ticks []string
		config := tasks(func(ctx context.Context, _ string) (string, error) {
			ticks = append(ticks, taskqueue.Info(ctx).Header(taskqueue.CronTick))
			return "", nil
		})
		config.Crons = []taskqueue.Cron{{Spec: "30 6 * * SAT,SUN", Zone: "Europe/Paris", Job: job("weekend")}}
		f.work(config)
		pass(30 * time.Hour)
		if diff := cmp.Diff([]string{"2000-01-01T06:30:00+01:00", "2000-01-02T06:30:00+01:00"}, ticks); diff != "" {
			f.Errorf("ticks (-want +got):\n%s", diff)
		}
	})
}

func TestCronMissed(t *testing.T) {
	for policy, want := range map[taskqueue.MissedPolicy]int64{
		taskqueue.MissedSkip: 0, taskqueue.MissedOnce: 1, 3: 3, taskqueue.MissedAll: 5,
	} {
		bubble(t, func(f *fixture) {
			var runs atomic.Int64
			config := tasks(func(context.Context, string) (string, error) { runs.Add(1); return "", nil })
			config.Crons = []taskqueue.Cron{{Spec: "@hourly", Missed: policy, Job: job("hour")}}
			_, stop := f.work(config)
			pass(61 * time.Minute)
			stop()
			pass(5*time.Hour + 10*time.Minute)
			runs.Store(0)
			f.work(config)
			pass(time.Minute)
			if n := runs.Load(); n != want {
				f.Errorf("policy %d: %d runs of 5 missed, want %d", policy, n, want)
			}
		})
	}
}

func TestCronsOfARunningWorker(t *testing.T) {
	bubble(t, func(f *fixture) {
		var runs atomic.Int64
		config := tasks(func(context.Context, string) (string, error) { runs.Add(1); return "", nil })
		w, _ := f.work(config)
		if err := w.AddCron(taskqueue.Cron{Name: "a", Spec: "@every 20m", Job: job("a")}); err != nil {
			f.Fatal(err)
		}
		if err := w.AddCron(taskqueue.Cron{Name: "b", Spec: "30 * * * *", Zone: "Asia/Kathmandu", Job: job("b")}); err != nil { // UTC+05:45
			f.Fatal(err)
		}
		var next []string
		for _, tick := range w.NextTicks(4) {
			next = append(next, tick.Name+" "+tick.At.Format("15:04 -0700"))
		}
		if diff := cmp.Diff([]string{"a 00:20 +0000", "a 00:40 +0000", "b 06:30 +0545", "a 01:00 +0000"}, next); diff != "" {
			f.Errorf("next ticks (-want +got):\n%s", diff)
		}
		if err := w.AddCron(taskqueue.Cron{Name: "a", Spec: "@hourly", Job: job("a")}); !errors.Is(err, taskqueue.ErrInvalid) {
			f.Errorf("a name that is taken: %v", err)
		}
		if err := w.AddCron(taskqueue.Cron{Name: "c", Spec: "@hour", Job: job("c")}); !errors.Is(err, taskqueue.ErrInvalid) {
			f.Errorf("a bad spec: %v", err)
		}
		pass(time.Hour)
		if n := runs.Load(); n != 4 {
			f.Errorf("%d runs in the first hour", n)
		}
		if !w.RemoveCron("a") || w.RemoveCron("a") {
			f.Error("a cron is removed once")
		}
		pass(time.Hour)
		if n := runs.Load(); n != 5 {
			f.Errorf("%d runs in two hours", n)
		}
	})
}

func TestCronsWithErrors(t *testing.T) {
	bubble(t, func(f *fixture) {
		config := tasks(nothing)
		config.Concurrency = -1
		config.Crons = []taskqueue.Cron{
			{Spec: "0 25 * * *", Job: job("a")},
			{Name: "ok", Spec: "@daily", Job: job("b")},
			{Name: "ok", Spec: "@daily", Job: job("c")},
			{Name: "zone", Zone: "Europe/Pari", Spec: "@dialy", Job: job("d")},
			{Name: "a b", Spec: "@daily", Job: job("e")},
			{Name: "missed", Spec: "@daily", Missed: 1001, Job: job("f")},
			{Name: "in", Spec: "@daily", Job: job("g", taskqueue.In(time.Hour))},
			{Name: "at", Spec: "@daily", Job: job("h", taskqueue.At(time.Now()))},
			{Name: "id", Spec: "@daily", Job: job("i", taskqueue.WithID(taskqueue.NewID(taskqueue.Default)))},
			{Spec: "@daily"},
			{Name: "option", Spec: "@daily", Job: job("j", taskqueue.Retries(-1))},
			{Name: "queue", Spec: "@daily", Job: job("k", taskqueue.Queue("a b"))},
			{Name: "encode", Spec: "@daily", Job: taskqueue.NewJob(noteKind, empty{errBoom})},
		}
		_, err := taskqueue.NewWorker(f.Client, config)
		if !errors.Is(err, taskqueue.ErrInvalid) || !errors.Is(err, errBoom) {
			f.Fatal(err)
		}
		for _, want := range []string{
			"-1 slots",
			`Crons[0]: taskqueue: invalid: cron "0 25 * * *": byte 2: hour 25 is outside 0 to 23`,
			`Crons[2]: taskqueue: invalid: there is a schedule "ok" already`,
			`Crons[3]: taskqueue: invalid: time zone "Europe/Pari" is not known`,
			"did you mean @daily?",
			`Crons[4]: taskqueue: invalid: the cron's name "a b" has ' ' at byte 1`,
			"Crons[5]: taskqueue: invalid: Missed 1001 is outside 0 to 1000",
			"Crons[6]: taskqueue: invalid: the job of a cron has no In, At or WithID",
			"Crons[7]: taskqueue: invalid: the job of a cron has no In, At or WithID",
			"Crons[8]: taskqueue: invalid: the job of a cron has no In, At or WithID",
			"Crons[9]: taskqueue: invalid: the zero Job",
			"Crons[10]: test.Note: taskqueue: invalid: Retries(-1)",
			`Crons[11]: taskqueue: invalid: the queue name "a b"`,
			"Crons[12]: taskqueue: invalid: test.Note cannot be encoded: boom",
		} {
			if !strings.Contains(err.Error(), want) {
				f.Errorf("%s\nis not in\n%v", want, err)
			}
		}
		if strings.Contains(err.Error(), "Crons[1]") {
			f.Errorf("a good cron is refused: %v", err)
		}
	})
}

// A Preparer may choose the queue of a cron's tasks, but not each time another.
func TestCronPrepared(t *testing.T) {
	bubble(t, func(f *fixture) {
		var moved atomic.Bool
		client, err := taskqueue.NewClient(f.store, taskqueue.ClientConfig{Prepare: []taskqueue.Preparer{
			func(_ context.Context, j taskqueue.Job) (taskqueue.Job, error) {
				if moved.Load() {
					return j.With(taskqueue.Queue("second")), nil
				}
				return j.With(taskqueue.Queue("first")), nil
			},
		}})
		if err != nil {
			f.Fatal(err)
		}
		f.Client = client
		log := &lines{}
		config := tasks(nothing)
		config.Crons = []taskqueue.Cron{{Spec: "@hourly", Job: job("a")}}
		config.Logger = log.logger()
		f.work(config)
		pass(time.Hour)
		moved.Store(true)
		pass(time.Hour)
		infos, err := client.Queues(f.Context(), "first", "second")
		if err != nil {
			f.Fatal(err)
		}
		if infos[0].Enqueued != 1 || infos[1].Enqueued != 0 {
			f.Errorf("%d and %d tasks", infos[0].Enqueued, infos[1].Enqueued)
		}
		if !strings.Contains(log.String(), "a cron needs one queue") {
			f.Errorf("the log says nothing of it:\n%s", log)
		}
	})
}

func TestCronNext(t *testing.T) {
	c := taskqueue.Cron{Spec: "30 2 * * *", Zone: "America/New_York"}
	ticks, err := c.Next(time.Date(2024, 3, 9, 12, 0, 0, 0, time.UTC), 2)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, tick := range ticks {
		got = append(got, tick.Format(time.RFC3339))
	}
	if diff := cmp.Diff([]string{"2024-03-10T03:00:00-04:00", "2024-03-11T02:30:00-04:00"}, got); diff != "" {
		t.Errorf("ticks (-want +got):\n%s", diff)
	}
	if ticks, err := c.Next(time.Time{}, -1); len(ticks) != 0 || err != nil {
		t.Errorf("%v, %v", ticks, err)
	}
	c.Zone = "Local"
	if _, err := c.Next(time.Now(), 1); !errors.Is(err, taskqueue.ErrInvalid) {
		t.Errorf("zone Local: %v", err)
	}
}

// A job's bytes are made anew for each tick.
func TestCronEncodesEachTick(t *testing.T) {
	bubble(t, func(f *fixture) {
		var got []string
		config := tasks(func(_ context.Context, text string) (string, error) {
			got = append(got, text)
			return "", nil
		})
		counter := &counting{}
		config.Crons = []taskqueue.Cron{{Spec: "@hourly", Job: taskqueue.NewJob(noteKind, counter)}}
		f.work(config)
		pass(2 * time.Hour)
		if diff := cmp.Diff([]string{"xx", "xxx"}, got); diff != "" { // the first is NewWorker's
			f.Errorf("payloads (-want +got):\n%s", diff)
		}
	})
}

// counting is another task each time.
type counting struct{ n int }

func (c *counting) MarshalMsg(b []byte) ([]byte, error) {
	c.n++
	return msgp.AppendString(b, strings.Repeat("x", c.n)), nil
}
