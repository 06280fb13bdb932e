package taskqueue_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

func TestOpenInMemory(t *testing.T) {
	one, err := taskqueue.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	two, err := taskqueue.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	id, err := one.Enqueue(t.Context(), job("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.Find(t.Context(), id); err != nil {
		t.Error(err)
	}
	if _, err := two.Find(t.Context(), id); !errors.Is(err, taskqueue.ErrNotFound) {
		t.Errorf("in another store: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, url := range []string{"", "x", "postgres://user:secret@host/db", "%zz://secret@"} {
		c, err := taskqueue.Open(t.Context(), url)
		if !errors.Is(err, taskqueue.ErrInvalid) || c != nil {
			t.Errorf("%q: %v", url, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestOpenWithConfig(t *testing.T) {
	c, err := taskqueue.ClientConfig{Queues: []taskqueue.QueueConfig{{Name: "mail", Retries: 7}}}.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if q, known := c.QueueTable().Get("mail"); !known || q.Retries != 7 {
		t.Errorf("the queue is %+v", q)
	}
	if _, err := (taskqueue.ClientConfig{MaxPayloadBytes: -1}).Open(t.Context(), "mem://"); !errors.Is(err, taskqueue.ErrInvalid) {
		t.Errorf("a bad config: %v", err)
	}
}

func TestNewClientRefuses(t *testing.T) {
	if _, err := taskqueue.NewClient(nil, taskqueue.ClientConfig{}); !errors.Is(err, taskqueue.ErrInvalid) {
		t.Errorf("no store: %v", err)
	}
	for _, n := range []int{-1, broker.MaxPayloadBytes + 1} {
		if _, err := taskqueue.NewClient(newStore(), taskqueue.ClientConfig{MaxPayloadBytes: n}); !errors.Is(err, taskqueue.ErrInvalid) {
			t.Errorf("MaxPayloadBytes %d: %v", n, err)
		}
	}
}

func TestMaxPayloadBytes(t *testing.T) {
	c, err := taskqueue.NewClient(newStore(), taskqueue.ClientConfig{MaxPayloadBytes: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Enqueue(t.Context(), job("123456789")); err != nil {
		t.Errorf("10 bytes: %v", err)
	}
	if _, err := c.Enqueue(t.Context(), job("1234567890")); !errors.Is(err, taskqueue.ErrTooLarge) {
		t.Errorf("11 bytes: %v", err)
	}
	if _, err := c.EnqueueAll(t.Context(), job("123456789"), job("123456789")); err != nil {
		t.Errorf("two of 10 bytes: %v", err)
	}
}

func TestClosedClient(t *testing.T) {
	bubble(t, func(f *fixture) {
		id := f.add(job("x"))
		for range 2 {
			if err := f.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		_, enqueue := f.Enqueue(f.Context(), job("x"))
		_, all := f.EnqueueAll(f.Context(), job("x"))
		_, find := f.Find(f.Context(), id)
		_, queues := f.Queues(f.Context())
		_, dead := f.DeadLetters(f.Context(), taskqueue.Default, 10)
		_, get := future(f.Client, id).Get(f.Context())
		_, _, poll := future(f.Client, id).Poll(f.Context())
		for name, err := range map[string]error{
			"Enqueue": enqueue, "EnqueueAll": all, "Find": find, "Queues": queues, "DeadLetters": dead, "Get": get, "Poll": poll,
		} {
			if !errors.Is(err, taskqueue.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestWithIDMakesRepeatsSafe(t *testing.T) {
	bubble(t, func(f *fixture) {
		id := taskqueue.NewID(taskqueue.Default)
		for range 3 {
			if got := f.add(job("x", taskqueue.WithID(id))); got != id {
				t.Errorf("%v, want %v", got, id)
			}
		}
		if got, err := taskqueue.ParseID(id.String()); got != id || err != nil {
			t.Errorf("%v %v", got, err)
		}
		var runs atomic.Int32
		f.work(tasks(func(ctx context.Context, text string) (string, error) { runs.Add(1); return "", nil }))
		pass(time.Second)
		f.add(job("x", taskqueue.WithID(id))) // also after it has ended
		pass(time.Second)
		if n := runs.Load(); n != 1 {
			t.Errorf("%d runs", n)
		}
	})
}

func TestUnique(t *testing.T) {
	bubble(t, func(f *fixture) {
		var runs atomic.Int32
		f.work(tasks(func(ctx context.Context, text string) (string, error) { runs.Add(1); return "", nil }))
		first := f.add(job("x", taskqueue.Unique("k", 0), taskqueue.In(time.Minute)))
		id, err := f.Enqueue(f.Context(), job("x", taskqueue.Unique("k", 0)))
		if !errors.Is(err, taskqueue.ErrDuplicate) || id != first || !strings.Contains(err.Error(), first.String()) {
			t.Errorf("%v %v", id, err)
		}
		pass(61 * time.Second)
		if second := f.add(job("x", taskqueue.Unique("k", 0))); second == first {
			t.Error("the key is held after the end")
		}
		f.add(job("x", taskqueue.Unique("w", time.Hour)))
		pass(time.Minute)
		if _, err := f.Enqueue(f.Context(), job("x", taskqueue.Unique("w", time.Hour))); !errors.Is(err, taskqueue.ErrDuplicate) {
			t.Errorf("within the window: %v", err)
		}
		pass(time.Hour)
		f.add(job("x", taskqueue.Unique("w", time.Hour)))
		pass(time.Second)
		if n := runs.Load(); n != 4 {
			t.Errorf("%d runs", n)
		}
	})
}

func TestEnqueueAll(t *testing.T) {
	bubble(t, func(f *fixture) {
		if ids, err := f.EnqueueAll(f.Context()); ids != nil || err != nil {
			t.Errorf("nothing: %v %v", ids, err)
		}
		ids, err := f.EnqueueAll(f.Context(), job("a"), job("b", taskqueue.Queue("q")), job("c", taskqueue.In(time.Hour)))
		if err != nil || len(ids) != 3 {
			t.Fatalf("%v %v", ids, err)
		}
		for i, want := range []string{"a", "b", "c"} {
			if got, _ := decode(f.message(ids[i]).Payload); got != want {
				t.Errorf("task %d is %q", i, got)
			}
		}
		if sizes := f.store.sizes(); len(sizes) != 1 || sizes[0] != 3 {
			t.Errorf("batches of %v", sizes)
		}
	})
}

func TestEnqueueAllInPart(t *testing.T) {
	bubble(t, func(f *fixture) {
		holder := f.add(job("x", taskqueue.Unique("k", 0)))
		jobs := []taskqueue.Job{job("a"), job("b", taskqueue.Unique("k", 0)), job("c"), job("d", taskqueue.Unique("l", 0)), job("e", taskqueue.Unique("l", 0))}
		ids, err := f.EnqueueAll(f.Context(), jobs...)
		var bulk *taskqueue.BulkError
		if !errors.As(err, &bulk) || len(bulk.Errors) != 2 || bulk.Total != 5 {
			t.Fatalf("%v", err)
		}
		if !errors.Is(err, taskqueue.ErrDuplicate) || ids[1] != holder || ids[4] != ids[3] {
			t.Errorf("%v %v", ids, err)
		}
		var d *taskqueue.DuplicateError
		if !errors.As(bulk.Errors[4], &d) || d.Existing != ids[3] {
			t.Errorf("%v", bulk.Errors[4])
		}
		if want := "taskqueue: 2 of 5 jobs were not enqueued; job 1: taskqueue: duplicate task: " + holder.String(); !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v", err)
		}
		infos, err := f.Queues(f.Context(), taskqueue.Default)
		if err != nil || infos[0].Pending != 4 {
			t.Errorf("%+v %v", infos, err)
		}
	})
}

func TestBulkErrorIsShort(t *testing.T) {
	bad := make([]taskqueue.Job, 100)
	c, err := taskqueue.NewClient(newStore(), taskqueue.ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = c.EnqueueAll(t.Context(), bad...)
	if text := err.Error(); !strings.Contains(text, "100 of 100") || !strings.HasSuffix(text, "; …") || strings.Count(text, "job ") != 3 {
		t.Errorf("%s", text)
	}
	if !errors.Is(err, taskqueue.ErrInvalid) {
		t.Errorf("%v", err)
	}
}

// Both ways keep a caller's order.
func TestOrderOfOneCaller(t *testing.T) {
	bubble(t, func(f *fixture) {
		noise := f.gate()
		for range 5 {
			f.send(f.Context(), job("noise"))
		}
		noise()
		synctest.Wait()
		var want []taskqueue.ID
		for i := range 30 {
			if i%3 == 0 {
				ids, err := f.EnqueueAll(f.Context(), job("x"), job("x"))
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, ids...)
				continue
			}
			want = append(want, f.add(job("x")))
		}
		page, err := f.store.List(f.Context(), broker.ListQuery{Queue: taskqueue.Default, State: broker.Pending, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for i, id := range want {
			if page.Entries[i+5].ID != id {
				t.Fatalf("place %d", i)
			}
		}
	})
}

func TestFind(t *testing.T) {
	bubble(t, func(f *fixture) {
		id := f.add(job("x", taskqueue.Queue("sms")))
		entry, err := f.Find(f.Context(), id)
		if err != nil || entry.State != broker.Pending || entry.Queue != "sms" {
			t.Errorf("%+v %v", entry, err)
		}
		for _, id := range []taskqueue.ID{taskqueue.NewID("sms"), taskqueue.NewID("unheard-of"), {}} {
			if _, err := f.Find(f.Context(), id); !errors.Is(err, taskqueue.ErrNotFound) {
				t.Errorf("%v: %v", id, err)
			}
		}
		// Another client, which never used the queue, finds it too.
		other, err := taskqueue.NewClient(f.store, taskqueue.ClientConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if entry, err := other.Find(f.Context(), id); err != nil || entry.Queue != "sms" {
			t.Errorf("%+v %v", entry, err)
		}
	})
}
