package tqtest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/examples/worker/orders"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/tqtest"
)

// mailer is the handler under test: it sends, or fails.
type mailer func(ctx context.Context, r *orders.SendReceipt) error

func (m mailer) SendReceipt(ctx context.Context, r *orders.SendReceipt) error { return m(ctx, r) }

func working(m mailer) taskqueue.WorkerConfig {
	return taskqueue.WorkerConfig{Tasks: orders.Tasks(m)}
}

func sent(context.Context, *orders.SendReceipt) error { return nil }

// checkout is the code under test: it enqueues.
func checkout(ctx context.Context, queue *taskqueue.Client, to string) error {
	_, err := orders.SendReceipt{To: to, Cents: 1999}.Enqueue(ctx, queue)
	return err
}

func TestRequireEnqueued(t *testing.T) {
	q := tqtest.New(t, taskqueue.ClientConfig{})
	tqtest.RequireNone[orders.SendReceipt](t, q)
	if err := checkout(t.Context(), q.Client, "ada@example.com"); err != nil {
		t.Fatal(err)
	}
	got := tqtest.RequireEnqueued(t, q, orders.SendReceipt{To: "ada@example.com", Cents: 1999})
	if got.Queue != "mail" || !got.Due.IsZero() || got.Priority != taskqueue.Normal {
		t.Errorf("the receipt waits as %+v", got)
	}
	tqtest.RequireNone[orders.Total](t, q)
}

// TestEnqueued: all queues, more than a page, in order, scheduled ones last.
func TestEnqueued(t *testing.T) {
	const n = 1500
	q := tqtest.New(t, taskqueue.ClientConfig{})
	var jobs []taskqueue.Job
	jobs = append(jobs, orders.SendReceipt{Cents: n}.Job(taskqueue.In(time.Hour)))
	for i := range n {
		jobs = append(jobs, orders.SendReceipt{Cents: i}.Job())
	}
	if _, err := q.EnqueueAll(t.Context(), jobs...); err != nil {
		t.Fatal(err)
	}
	found := tqtest.Enqueued[orders.SendReceipt](t, q)
	for i, w := range found {
		if w.Task.Cents != i || w.Due.IsZero() != (i < n) {
			t.Fatalf("%d: %+v", i, w)
		}
	}
	if len(found) != n+1 {
		t.Errorf("%d tasks wait, not %d", len(found), n+1)
	}
}

func TestDrain(t *testing.T) {
	q := tqtest.New(t, taskqueue.ClientConfig{})
	var mails []string
	handler := mailer(func(ctx context.Context, r *orders.SendReceipt) error {
		mails = append(mails, r.To)
		if r.To == "a" { // enqueues another one, elsewhere
			_, err := orders.SendReceipt{To: "b"}.Enqueue(ctx, q.Client, taskqueue.Queue("other"))
			return err
		}
		return nil
	})
	for _, r := range []orders.SendReceipt{{To: "a"}, {To: "later"}} {
		if _, err := r.Enqueue(t.Context(), q.Client, later(r)...); err != nil {
			t.Fatal(err)
		}
	}
	runs := q.Drain(working(handler))
	if diff := cmp.Diff([]string{"a", "b"}, mails); diff != "" || len(runs) != 2 {
		t.Errorf("%d runs; mails (-want +got):\n%s", len(runs), diff)
	}
	tqtest.RequireEnqueued(t, q, orders.SendReceipt{To: "later"})
	if again := q.Drain(working(handler)); again != nil {
		t.Errorf("nothing was left, and yet there were runs: %v", again)
	}
}

func later(r orders.SendReceipt) []taskqueue.Option {
	if r.To == "later" {
		return []taskqueue.Option{taskqueue.In(time.Hour)}
	}
	return nil
}

// TestDrainAll: a task that fails twice, and one of tomorrow, in no time.
func TestDrainAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := tqtest.New(t, taskqueue.ClientConfig{})
		failures := 2
		handler := mailer(func(context.Context, *orders.SendReceipt) error {
			if failures--; failures >= 0 {
				return errors.New("the mail server is away")
			}
			return nil
		})
		start := time.Now()
		if _, err := (orders.SendReceipt{}).Enqueue(t.Context(), q.Client, taskqueue.In(24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		var got []taskqueue.Outcome
		for _, run := range q.DrainAll(working(handler)) {
			got = append(got, run.Outcome)
		}
		want := []taskqueue.Outcome{taskqueue.Retried, taskqueue.Retried, taskqueue.Done}
		if diff := cmp.Diff(want, got); diff != "" || time.Since(start) < 24*time.Hour {
			t.Errorf("after %v (-want +got):\n%s", time.Since(start), diff)
		}
	})
}

// TestDrainLeavesPausedQueues: what is paused is not waited for.
func TestDrainLeavesPausedQueues(t *testing.T) {
	q := tqtest.New(t, taskqueue.ClientConfig{})
	if err := errors.Join(checkout(t.Context(), q.Client, "a"), q.Pause(t.Context(), "mail")); err != nil {
		t.Fatal(err)
	}
	if runs := q.Drain(working(sent)); len(runs) != 0 {
		t.Errorf("runs in a paused queue: %v", runs)
	}
}

func TestWork(t *testing.T) {
	tests := []struct {
		name    string
		err     error
		options []taskqueue.Option
		want    taskqueue.Outcome
		after   time.Duration
		reason  string
	}{
		{name: "done", want: taskqueue.Done},
		{name: "retried", err: errors.New("away"), want: taskqueue.Retried, after: time.Second, reason: "away"},
		{name: "retried when the handler says", err: taskqueue.RetryAfter(errors.New("busy"), time.Hour), want: taskqueue.Retried, after: time.Hour, reason: "busy"},
		{name: "the last attempt", err: errors.New("away"), options: []taskqueue.Option{taskqueue.Retries(0)}, want: taskqueue.Dead, reason: "away"},
		{name: "permanent", err: taskqueue.Permanent(errors.New("no such person")), want: taskqueue.Dead, reason: "no such person"},
		{name: "snoozed", err: taskqueue.Snooze(time.Minute), want: taskqueue.Released, after: time.Minute},
		{name: "a delay is not waited for", options: []taskqueue.Option{taskqueue.In(time.Hour)}, want: taskqueue.Done},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				handler := mailer(func(context.Context, *orders.SendReceipt) error { return test.err })
				run := tqtest.Work(t, working(handler), orders.SendReceipt{}.Job(test.options...))
				if run.Outcome != test.want || !about(run.After, test.after) {
					t.Errorf("%v, again after %v; want %v, %v", run.Outcome, run.After, test.want, test.after)
				}
				if m := run.Entry.Message; test.reason != "" && (len(m.Failures) != 1 || !strings.Contains(m.Failures[0].Reason, test.reason)) {
					t.Errorf("failures %+v, want one: %q", m.Failures, test.reason)
				}
			})
		})
	}
}

// about allows for the jitter of backoffs.
func about(got, want time.Duration) bool { return got >= want*8/10 && got <= want*12/10 }

// TestWorkResult: the generated future reads what a run returned.
func TestWorkResult(t *testing.T) {
	run := tqtest.Work(t, working(sent), orders.Total{Prices: []int{300, 39}}.Job())
	if sum, err := orders.TotalFuture(run.Client, run.ID).Get(t.Context()); sum != 339 || err != nil {
		t.Errorf("%d, %v", sum, err)
	}
}

// TestServe: in a bubble, what was enqueued has run after Wait.
func TestServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := tqtest.New(t, taskqueue.ClientConfig{})
		var mails []string
		q.Serve(working(func(_ context.Context, r *orders.SendReceipt) error {
			mails = append(mails, r.To)
			return nil
		}))
		if err := checkout(t.Context(), q.Client, "ada"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{"ada"}, mails); diff != "" {
			t.Errorf("mails (-want +got):\n%s", diff)
		}
	})
}

// TestInline: what a handler enqueues has run, too, and a failure is no error of the
// caller.
func TestInline(t *testing.T) {
	q := tqtest.New(t, taskqueue.ClientConfig{})
	var mu sync.Mutex
	var mails []string
	q.Inline(working(func(ctx context.Context, r *orders.SendReceipt) error {
		var err error
		if r.To == "a" {
			_, err = orders.SendReceipt{To: "b"}.Enqueue(ctx, q.Client, taskqueue.Queue("other"))
			err = errors.Join(err, checkout(ctx, q.Client, "c"), errors.New("and then it failed"))
		}
		mu.Lock()
		defer mu.Unlock()
		mails = append(mails, r.To)
		return err
	}))
	if err := checkout(t.Context(), q.Client, "a"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b", "c", "a"}, mails); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
	if waits := tqtest.RequireEnqueued(t, q, orders.SendReceipt{To: "a", Cents: 1999}); waits.Due.IsZero() {
		t.Errorf("it should wait for its retry: %+v", waits)
	}
	if _, err := (orders.SendReceipt{To: "later"}).Enqueue(t.Context(), q.Client, taskqueue.In(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := q.Pause(t.Context(), "mail"); err != nil {
		t.Fatal(err)
	}
	if err := checkout(t.Context(), q.Client, "paused"); err != nil {
		t.Fatal(err)
	}
	future, err := orders.Total{Prices: []int{1, 2}}.Enqueue(t.Context(), q.Client)
	if sum, done, pollErr := future.Poll(t.Context()); sum != 3 || !done || err != nil || pollErr != nil {
		t.Errorf("%d, %v, %v, %v", sum, done, err, pollErr)
	}
}

func TestFaults(t *testing.T) {
	q := tqtest.New(t, taskqueue.ClientConfig{})
	q.Refuse(2, taskqueue.ErrUnavailable)
	q.LoseReplies(1)
	for i, want := range []error{taskqueue.ErrUnavailable, taskqueue.ErrUnavailable, taskqueue.ErrUnknown, nil} {
		if err := checkout(t.Context(), q.Client, fmt.Sprint(i)); !errors.Is(err, want) {
			t.Errorf("send %d: %v, want %v", i, err, want)
		}
	}
	var in []string
	for _, w := range tqtest.Enqueued[orders.SendReceipt](t, q) {
		in = append(in, w.Task.To)
	}
	if diff := cmp.Diff([]string{"2", "3"}, in); diff != "" {
		t.Errorf("in the store (-want +got):\n%s", diff)
	}
}

// TestReports: what a failing test says.
func TestReports(t *testing.T) {
	filled := func(t testing.TB, q *tqtest.Queue, cents ...int) {
		for _, n := range cents {
			if _, err := (orders.SendReceipt{To: "ada", Cents: n}).Enqueue(t.Context(), q.Client); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name string
		do   func(t testing.TB, q *tqtest.Queue)
		want []string
	}{
		{"nothing waits", func(t testing.TB, q *tqtest.Queue) {
			tqtest.RequireEnqueued(t, q, orders.SendReceipt{To: "ada"})
		}, []string{"no orders.SendReceipt waits", "To:ada"}},
		{"another one waits", func(t testing.TB, q *tqtest.Queue) {
			filled(t, q, 5)
			tqtest.RequireEnqueued(t, q, orders.SendReceipt{To: "ada", Cents: 6})
		}, []string{"one orders.SendReceipt waits", "Cents: 6", "Cents: 5"}},
		{"others wait", func(t testing.TB, q *tqtest.Queue) {
			filled(t, q, 5, 7)
			tqtest.RequireEnqueued(t, q, orders.SendReceipt{To: "ada", Cents: 6})
		}, []string{"2 others", "Cents:5", "Cents:7"}},
		{"none should wait", func(t testing.TB, q *tqtest.Queue) {
			filled(t, q, 5)
			tqtest.RequireNone[orders.SendReceipt](t, q)
		}, []string{"orders.SendReceipt waits, none should", "Cents:5"}},
		{"no handler", func(t testing.TB, q *tqtest.Queue) {
			filled(t, q, 5)
			q.Drain(taskqueue.WorkerConfig{Tasks: orders.Tasks(mailer(sent))[:1]})
		}, []string{"no handler for: orders.SendReceipt"}},
		{"a bad worker", func(t testing.TB, q *tqtest.Queue) {
			filled(t, q, 5)
			config := working(sent)
			config.Concurrency = -1
			q.Drain(config)
		}, []string{"invalid"}},
		{"a bad job", func(t testing.TB, q *tqtest.Queue) {
			tqtest.Work(t, working(sent), taskqueue.Job{})
		}, []string{"zero Job"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			probe := &probe{TB: t}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				test.do(probe, tqtest.New(probe, taskqueue.ClientConfig{}))
			}()
			<-ended
			for _, part := range test.want {
				if !strings.Contains(probe.fatal, part) {
					t.Errorf("the report lacks %q:\n%s", part, probe.fatal)
				}
			}
		})
	}
}

// A probe is a test that may fail.
type probe struct {
	testing.TB
	fatal string
}

func (p *probe) Fatal(args ...any)                 { p.end(fmt.Sprint(args...)) }
func (p *probe) Fatalf(format string, args ...any) { p.end(fmt.Sprintf(format, args...)) }

func (p *probe) end(text string) {
	p.fatal = text
	runtime.Goexit()
}
