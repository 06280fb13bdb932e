package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// An answer is what an Enqueue returned.
type answer struct {
	id  taskqueue.ID
	err error
}

// send enqueues in a goroutine of its own.
func (f *fixture) send(ctx context.Context, j taskqueue.Job) <-chan answer {
	c := make(chan answer, 1)
	go func() {
		id, err := f.Enqueue(ctx, j)
		c <- answer{id, err}
	}()
	synctest.Wait()
	return c
}

// gate holds up every send until it is opened, or its context ends.
func (f *fixture) gate() (open func()) {
	gate := make(chan struct{})
	f.store.set(func() {
		f.store.enqueue = func(ctx context.Context, m []broker.Message) ([]broker.Receipt, error) {
			select {
			case <-gate:
				return nil, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	})
	return func() { close(gate) }
}

func payloads(messages []broker.Message) (texts []string) {
	for _, m := range messages {
		text, _ := decode(m.Payload)
		texts = append(texts, text)
	}
	return texts
}

// A lone call goes by itself; those that come meanwhile go together, in their
// order.
func TestGroupCommit(t *testing.T) {
	bubble(t, func(f *fixture) {
		open := f.gate()
		var answers []<-chan answer
		var want []string
		for i := range 10 {
			answers = append(answers, f.send(f.Context(), job(fmt.Sprint(i))))
			want = append(want, fmt.Sprint(i))
		}
		if diff := cmp.Diff([]int{1}, f.store.sizes()); diff != "" {
			t.Errorf("while the first is under way (-want +got)\n%s", diff)
		}
		open()
		for i, c := range answers {
			if a := <-c; a.err != nil || f.message(a.id) == nil {
				t.Errorf("call %d: %v", i, a.err)
			}
		}
		if diff := cmp.Diff([]int{1, 9}, f.store.sizes()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if diff := cmp.Diff(want, payloads(slices.Concat(f.store.batches...))); diff != "" {
			t.Errorf("order (-want +got)\n%s", diff)
		}
		f.add(job("afterwards"))
		if diff := cmp.Diff([]int{1, 9, 1}, f.store.sizes()); diff != "" {
			t.Errorf("the lane is not free again (-want +got)\n%s", diff)
		}
	})
}

func TestGroupsAreOfOneQueue(t *testing.T) {
	bubble(t, func(f *fixture) {
		open := f.gate()
		for i := range 9 {
			f.send(f.Context(), job("x", taskqueue.Queue(fmt.Sprint("q", i%3))))
		}
		open()
		synctest.Wait()
		for _, batch := range f.store.batches {
			for _, m := range batch {
				if m.Queue != batch[0].Queue {
					t.Errorf("%s and %s in a batch", m.Queue, batch[0].Queue)
				}
			}
		}
		if diff := cmp.Diff([]int{1, 1, 1, 2, 2, 2}, f.store.sizes()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// No group is larger than what a store adds in one step.
func TestGroupLimits(t *testing.T) {
	tests := []struct {
		name string
		n    int
		text string
		want []int
	}{
		{"by number", 2501, "x", []int{1, 1000, 1000, 500}},
		{"by bytes", 20, strings.Repeat("x", 1<<20-10), []int{1, 8, 8, 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				open := f.gate()
				f.send(f.Context(), job("first"))
				for range test.n - 1 {
					go func() {
						if _, err := f.Enqueue(f.Context(), job(test.text)); err != nil {
							t.Error(err)
						}
					}()
				}
				synctest.Wait()
				open()
				synctest.Wait()
				if diff := cmp.Diff(test.want, f.store.sizes()); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		})
	}
}

// A caller that leaves before its job was sent takes the job with it.
func TestCancelledBeforeSent(t *testing.T) {
	bubble(t, func(f *fixture) {
		open := f.gate()
		cause := errors.New("the user left")
		ctx, cancel := context.WithCancelCause(f.Context())
		first := f.send(f.Context(), job("first"))
		before := f.send(f.Context(), job("before"))
		leaver := f.send(ctx, job("leaver"))
		after := f.send(f.Context(), job("after"))
		cancel(cause)
		a := <-leaver
		if !errors.Is(a.err, taskqueue.ErrUnavailable) || !errors.Is(a.err, cause) || !a.id.IsZero() {
			t.Errorf("%v %v", a.id, a.err)
		}
		open()
		for _, c := range []<-chan answer{first, before, after} {
			if a := <-c; a.err != nil {
				t.Error(a.err)
			}
		}
		if diff := cmp.Diff([]string{"before", "after"}, payloads(f.store.batches[1])); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// One that leaves later cannot know; the others are not disturbed. When all
// have left, the send ends.
func TestCancelledUnderWay(t *testing.T) {
	bubble(t, func(f *fixture) {
		gates := []chan struct{}{make(chan struct{}), make(chan struct{})}
		ended := make(chan error, 1)
		n := 0
		f.store.enqueue = func(ctx context.Context, m []broker.Message) ([]broker.Receipt, error) {
			if n++; n > len(gates) {
				return nil, nil
			}
			select {
			case <-gates[n-1]:
				return nil, nil
			case <-ctx.Done():
				ended <- ctx.Err()
				return nil, ctx.Err()
			}
		}
		cause := errors.New("the user left")
		ctx, cancel := context.WithCancelCause(f.Context())
		ctx2, cancel2 := context.WithCancel(f.Context())
		first := f.send(f.Context(), job("first"))
		a := f.send(ctx, job("a"))
		b := f.send(ctx2, job("b"))
		close(gates[0]) // a and b are under way now
		<-first
		synctest.Wait()
		cancel(cause)
		if got := <-a; !errors.Is(got.err, taskqueue.ErrUnknown) || !errors.Is(got.err, cause) || got.id.IsZero() {
			t.Errorf("a: %v %v", got.id, got.err)
		}
		synctest.Wait()
		if len(ended) > 0 {
			t.Error("the send has ended while a caller waits")
		}
		c := f.send(f.Context(), job("c"))
		cancel2()
		if got := <-b; !errors.Is(got.err, taskqueue.ErrUnknown) || !errors.Is(got.err, context.Canceled) {
			t.Errorf("b: %v", got.err)
		}
		if err := <-ended; err != context.Canceled {
			t.Errorf("the send: %v", err)
		}
		if got := <-c; got.err != nil { // the next group goes on
			t.Errorf("c: %v", got.err)
		}
	})
}

func TestEndedContext(t *testing.T) {
	bubble(t, func(f *fixture) {
		ctx, cancel := context.WithTimeoutCause(f.Context(), time.Second, errBoom)
		defer cancel()
		pass(2 * time.Second)
		_, err := f.Enqueue(ctx, job("x"))
		_, bulk := f.EnqueueAll(ctx, job("x"))
		for _, err := range []error{err, bulk} {
			if !errors.Is(err, taskqueue.ErrUnavailable) || !errors.Is(err, errBoom) {
				t.Error(err)
			}
		}
		if len(f.store.batches) > 0 {
			t.Error("something was sent")
		}
	})
}

func TestContextEndsUnderWay(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.gate()
		ctx, cancel := context.WithTimeoutCause(f.Context(), time.Second, errBoom)
		defer cancel()
		_, err := f.Enqueue(ctx, job("x"))
		ctx, cancel = context.WithTimeoutCause(f.Context(), time.Second, errBoom)
		defer cancel()
		_, bulk := f.EnqueueAll(ctx, job("x"))
		for _, err := range []error{err, bulk} {
			if !errors.Is(err, taskqueue.ErrUnavailable) || !errors.Is(err, errBoom) {
				t.Error(err)
			}
		}
	})
}

// Every caller of a group gets its own answer.
func TestReceiptsFindTheirCallers(t *testing.T) {
	bubble(t, func(f *fixture) {
		holder := f.add(job("holder", taskqueue.Unique("k", 0)))
		open := f.gate()
		first := f.send(f.Context(), job("first"))
		good := f.send(f.Context(), job("good"))
		dup := f.send(f.Context(), job("dup", taskqueue.Unique("k", 0)))
		last := f.send(f.Context(), job("last"))
		open()
		for _, c := range []<-chan answer{first, good, last} {
			if a := <-c; a.err != nil {
				t.Error(a.err)
			}
		}
		a := <-dup
		var d *taskqueue.DuplicateError
		if !errors.As(a.err, &d) || d.Existing != holder || a.id != holder || !errors.Is(a.err, taskqueue.ErrDuplicate) {
			t.Errorf("%v %v", a.id, a.err)
		}
	})
}

func TestReceiptErrors(t *testing.T) {
	tests := []struct {
		err  error
		id   bool // it comes with the error
		name string
	}{
		{broker.ErrUnknown, true, "unknown"},
		{broker.ErrUnavailable, false, "unavailable"},
		{broker.ErrFull, false, "full"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.store.enqueue = func(_ context.Context, m []broker.Message) (r []broker.Receipt, _ error) {
					return []broker.Receipt{{Index: len(m) - 1, Err: fmt.Errorf("%w: says the store", test.err)}}, nil
				}
				id, err := f.Enqueue(f.Context(), job("x"))
				if !errors.Is(err, test.err) || id.IsZero() == test.id {
					t.Errorf("Enqueue: %v %v", id, err)
				}
				ids, err := f.EnqueueAll(f.Context(), job("in"), job("x"))
				var bulk *taskqueue.BulkError
				if !errors.As(err, &bulk) || !errors.Is(bulk.Errors[1], test.err) || ids[0].IsZero() || ids[1].IsZero() == test.id {
					t.Errorf("EnqueueAll: %v %v", ids, err)
				}
			})
		})
	}
}

// Close lets nobody wait: not who is under way with others, not who waits for
// the next group, and not who waits for a lone caller.
func TestCloseDuringSends(t *testing.T) {
	bubble(t, func(f *fixture) {
		gate := make(chan struct{})
		f.store.enqueue = func(ctx context.Context, m []broker.Message) ([]broker.Receipt, error) {
			if len(m) == 1 && m[0].Queue == "lone" || payloads(m)[0] == "first" {
				<-gate
				return nil, nil
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}
		first := f.send(f.Context(), job("first"))
		waiting := []<-chan answer{f.send(f.Context(), job("a")), f.send(f.Context(), job("b"))}
		gate <- struct{}{}
		<-first
		synctest.Wait() // a and b are under way
		waiting = append(waiting, f.send(f.Context(), job("c")))
		lone := f.send(f.Context(), job("x", taskqueue.Queue("lone")))
		waiting = append(waiting, f.send(f.Context(), job("d", taskqueue.Queue("lone"))))
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		close(gate)
		for i, c := range append(waiting, lone) {
			if a := <-c; !errors.Is(a.err, taskqueue.ErrClosed) {
				t.Errorf("call %d: %v", i, a.err)
			}
		}
	})
}

// Many callers, some of which give up: who has an id and no error is in, who
// was told that nothing was done is not, and nobody waits for ever.
func TestManyCallers(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.store.enqueue = func(ctx context.Context, m []broker.Message) ([]broker.Receipt, error) {
			time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
			return nil, nil
		}
		var mu sync.Mutex
		in, out, unknown := map[taskqueue.ID]bool{}, 0, 0
		var callers sync.WaitGroup
		for i := range 200 {
			callers.Go(func() {
				for range 20 {
					ctx, cancel := context.WithTimeout(f.Context(), time.Duration(1+rand.IntN(8))*time.Millisecond)
					id, err := f.Enqueue(ctx, job("x", taskqueue.Queue(fmt.Sprint("q", i%2))))
					cancel()
					mu.Lock()
					switch {
					case err == nil:
						in[id] = true
					case errors.Is(err, taskqueue.ErrUnknown):
						unknown++
					case errors.Is(err, taskqueue.ErrUnavailable):
						out++
					default:
						t.Error(err)
					}
					mu.Unlock()
				}
			})
		}
		callers.Wait()
		pass(time.Second)
		infos, err := f.Queues(f.Context(), "q0", "q1")
		if err != nil {
			t.Fatal(err)
		}
		stored := int(infos[0].Pending + infos[1].Pending)
		if stored < len(in) || stored > len(in)+unknown || len(in)+out+unknown != 4000 || len(in) == 0 || out+unknown == 0 {
			t.Errorf("%d in, %d unknown, %d not sent: the store has %d", len(in), unknown, out, stored)
		}
		for id := range in {
			if f.message(id) == nil {
				t.Fatalf("%v is not in", id)
			}
		}
	})
}
