package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

type mark struct{}

func TestMiddleware(t *testing.T) {
	bubble(t, func(f *fixture) {
		var calls []string
		around := func(name string) taskqueue.Middleware {
			return func(next taskqueue.Runner) taskqueue.Runner {
				return func(ctx context.Context) error {
					calls = append(calls, name+" begins "+taskqueue.Info(ctx).Kind)
					err := next(context.WithValue(ctx, mark{}, name))
					calls = append(calls, fmt.Sprintf("%s ends: %v", name, err))
					if name == "outer" && err != nil {
						return taskqueue.Discard(err)
					}
					return err
				}
			}
		}
		config := tasks(func(ctx context.Context, text string) (string, error) {
			calls = append(calls, fmt.Sprintf("%s inside %v", text, ctx.Value(mark{})))
			if text == "bad" {
				return "", errors.New("failed")
			}
			return "result", nil
		})
		config.Middleware = []taskqueue.Middleware{around("outer"), around("inner")}
		f.work(config)
		good := f.add(job("good", taskqueue.Retention(time.Hour)))
		if got, err := future(f.Client, good).Get(f.Context()); got != "result" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		f.ended(f.add(job("bad", taskqueue.Retention(time.Hour))))
		want := []string{
			"outer begins test.Note", "inner begins test.Note", "good inside inner", "inner ends: <nil>", "outer ends: <nil>",
			"outer begins test.Note", "inner begins test.Note", "bad inside inner", "inner ends: failed", "outer ends: failed",
		}
		if diff := cmp.Diff(want, calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

func TestPrepare(t *testing.T) {
	bubble(t, func(f *fixture) {
		refusal := errors.New("not today")
		c, err := taskqueue.NewClient(newStore(), taskqueue.ClientConfig{Prepare: []taskqueue.Preparer{
			func(_ context.Context, j taskqueue.Job) (taskqueue.Job, error) {
				return j.With(taskqueue.WithHeader("trace", "1"), taskqueue.Queue("first")), nil
			},
			func(_ context.Context, j taskqueue.Job) (taskqueue.Job, error) {
				if j.Queue() != "first" {
					return j, refusal
				}
				return j.With(taskqueue.Queue("second")), nil
			},
			func(ctx context.Context, j taskqueue.Job) (taskqueue.Job, error) { return j, ctx.Err() },
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		id, err := c.Enqueue(f.Context(), job("a"))
		if err != nil {
			t.Fatal(err)
		}
		ids, err := c.EnqueueAll(f.Context(), job("b"))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []taskqueue.ID{id, ids[0]} {
			entry, err := c.Find(f.Context(), id)
			if err != nil || entry.Queue != "second" || len(entry.Message.Headers) != 1 {
				t.Errorf("%+v, %v", entry, err)
			}
		}
		ctx, cancel := context.WithCancel(f.Context())
		cancel()
		if _, err := c.Enqueue(ctx, job("c")); !errors.Is(err, context.Canceled) {
			t.Errorf("a preparer that refuses: %v", err)
		}
	})
}

func TestDeadGroups(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(func(_ context.Context, text string) (string, error) {
			return "", taskqueue.Permanent(errors.New(text))
		}))
		for i := range 3 {
			f.add(job(fmt.Sprintf("order %d not found", 1000+i)))
		}
		f.add(job("no route to host"))
		pass(time.Second)
		groups, seen, all, err := f.DeadGroups(f.Context(), taskqueue.Default)
		if err != nil || seen != 4 || !all || len(groups) != 2 {
			t.Fatalf("%+v, %d, %v, %v", groups, seen, all, err)
		}
		if g := groups[0]; g.Count != 3 || g.Fingerprint != "order * not found" || g.Kind != "test.Note" || !strings.HasPrefix(g.Latest.Reason, "order 100") {
			t.Errorf("%+v", g)
		}
		n, err := f.RequeueDead(f.Context(), taskqueue.Default, func(e taskqueue.Entry) bool { return strings.Contains(e.Reason, "order") })
		if n != 3 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})
}

func TestFingerprint(t *testing.T) {
	for _, tt := range []struct{ reason, want string }{
		{"order 17 not found", "order * not found"},
		{"open \"/data/a b.txt\": no such file", "open *: no such file"},
		{"id 3f2a-bc: `x y` is  bad\nstack\n", "id * * is bad"},
		{"an \"open quote", "an \"open quote"},
		{"", ""},
	} {
		if got := taskqueue.Fingerprint(tt.reason); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.reason, got, tt.want)
		}
	}
}
