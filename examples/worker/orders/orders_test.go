package orders_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tqgen/taskqueue/examples/worker/orders"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/tqtest"
)

// checkout is what a shop does: code that enqueues.
func checkout(ctx context.Context, queue *taskqueue.Client, customer string, cents int) error {
	_, err := orders.SendReceipt{To: customer, Cents: cents}.Enqueue(ctx, queue)
	return err
}

func TestCheckout(t *testing.T) {
	queue := tqtest.New(t, taskqueue.ClientConfig{})
	if err := checkout(t.Context(), queue.Client, "ada@example.com", 1999); err != nil {
		t.Fatal(err)
	}
	tqtest.RequireEnqueued(t, queue, orders.SendReceipt{To: "ada@example.com", Cents: 1999})
}

func TestCheckoutWithoutRedis(t *testing.T) {
	queue := tqtest.New(t, taskqueue.ClientConfig{})
	queue.Refuse(1, taskqueue.ErrUnavailable)
	if err := checkout(t.Context(), queue.Client, "ada@example.com", 1999); !errors.Is(err, taskqueue.ErrUnavailable) {
		t.Errorf("the shop hides that nothing was enqueued: %v", err)
	}
	tqtest.RequireNone[orders.SendReceipt](t, queue)
}

// A mailServer is the handler under test, with a server that is away for the first
// few mails.
type mailServer struct{ away, sent int }

func (m *mailServer) SendReceipt(context.Context, *orders.SendReceipt) error {
	if m.away--; m.away >= 0 {
		return errors.New("the mail server is away")
	}
	m.sent++
	return nil
}

func TestReceiptIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		worker := taskqueue.WorkerConfig{Tasks: orders.Tasks(&mailServer{away: 1})}
		run := tqtest.Work(t, worker, orders.SendReceipt{To: "ada@example.com"}.Job())
		if run.Outcome != taskqueue.Retried || run.After > 2*time.Second {
			t.Errorf("%v, again after %v", run.Outcome, run.After)
		}
	})
}

func TestReceiptArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queue := tqtest.New(t, taskqueue.ClientConfig{})
		server := &mailServer{away: 3}
		if err := checkout(t.Context(), queue.Client, "ada@example.com", 1999); err != nil {
			t.Fatal(err)
		}
		runs := queue.DrainAll(taskqueue.WorkerConfig{Tasks: orders.Tasks(server)})
		if len(runs) != 4 || server.sent != 1 {
			t.Errorf("%d runs, %d mails", len(runs), server.sent)
		}
	})
}

func TestTotal(t *testing.T) {
	worker := taskqueue.WorkerConfig{Tasks: orders.Tasks(&mailServer{})}
	run := tqtest.Work(t, worker, orders.Total{Prices: []int{300, 39}}.Job())
	if sum, err := orders.TotalFuture(run.Client, run.ID).Get(t.Context()); sum != 339 || err != nil {
		t.Errorf("%d, %v", sum, err)
	}
}

func TestShopWithWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queue := tqtest.New(t, taskqueue.ClientConfig{})
		server := &mailServer{}
		queue.Serve(taskqueue.WorkerConfig{Tasks: orders.Tasks(server)})
		if err := checkout(t.Context(), queue.Client, "ada@example.com", 1999); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // all that could run has run
		if server.sent != 1 {
			t.Errorf("%d mails", server.sent)
		}
	})
}
