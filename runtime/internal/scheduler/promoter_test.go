package scheduler

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A visited store notes how many tasks each cycle may promote.
type visited struct {
	*fixture
	batches []int
}

func (v *visited) Cycle(ctx context.Context, c broker.Cycle) (broker.Grant, error) {
	v.mu.Lock()
	v.batches = append(v.batches, c.Promote)
	v.mu.Unlock()
	return v.fixture.Cycle(ctx, c)
}

func (v *visited) told() []int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.batches)
}

// promoter runs a promoter of v until the test ends.
func (v *visited) promoter(interval time.Duration, batch int) {
	p := Promoter{Store: v, Name: "p", Log: slog.New(slog.DiscardHandler), Rest: 5 * time.Second, Interval: interval, Batch: batch}
	ctx, cancel := context.WithCancel(v.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.Run(ctx)
	}()
	v.Cleanup(func() { cancel(); <-ended })
	pass(time.Millisecond)
}

// add schedules n tasks.
func (v *visited) add(n int, delay time.Duration) {
	for range n {
		m := broker.Message{Kind: "k", Queue: "q", Payload: []byte{1}, Max: 1, ID: broker.NewID("q", time.Now()), Delay: delay}
		if refused, err := v.Broker.Enqueue(v.Context(), []broker.Message{m}); err != nil || len(refused) > 0 {
			v.Fatal(refused, err)
		}
	}
}

func (v *visited) pending(when string, want int64) {
	v.Helper()
	infos, err := v.Queues(v.Context(), "q")
	if err != nil {
		v.Fatal(err)
	}
	if got := infos[0].Pending; got != want {
		v.Errorf("%s: %d tasks are pending, not %d", when, got, want)
	}
}

// The interval is the longest sleep: what is added meanwhile may wait for its end, and
// what is known by then comes when it is due.
func TestPromoterInterval(t *testing.T) {
	for name, test := range map[string]struct{ interval, look time.Duration }{
		"default": {0, 5 * time.Second}, // nothing is scheduled: it rests
		"1 s":     {time.Second, time.Second},
		"10 s":    {10 * time.Second, 10 * time.Second},
		"1 min":   {time.Minute, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(x *fixture) {
				v := &visited{fixture: x}
				v.promoter(test.interval, 0)
				v.add(1, 100*time.Millisecond)
				v.add(1, test.look+300*time.Millisecond)
				pass(test.look - 100*time.Millisecond)
				v.pending("before a look", 0)
				pass(200 * time.Millisecond)
				v.pending("after it", 1)
				pass(300 * time.Millisecond)
				v.pending("when the other is due", 2)
			})
		})
	}
}

// A batch is what one call promotes; all that is due is promoted at once for all that.
func TestPromoterBatch(t *testing.T) {
	for batch, calls := range map[int]int{0: 1, 7: 8, 50: 1, 500: 1} {
		bubble(t, func(x *fixture) {
			v := &visited{fixture: x}
			v.promoter(time.Second, batch)
			v.add(50, 2*time.Second)
			pass(1500 * time.Millisecond) // it knows of them now
			before := len(v.told())
			pass(time.Second)
			v.pending("when they are due", 50)
			if told := v.told()[before:]; len(told) < calls || told[0] != batch {
				t.Errorf("batch %d: calls with %v, not %d of them", batch, told, calls)
			}
		})
	}
}
