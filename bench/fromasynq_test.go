package main

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/tqgen/taskqueue/examples/worker/orders"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// handOver is in docs/from-asynq.md.
func handOver(mux *asynq.ServeMux, queue *taskqueue.Client) {
	mux.HandleFunc("email:send", func(ctx context.Context, t *asynq.Task) error {
		var old struct{ Address string }
		if err := json.Unmarshal(t.Payload(), &old); err != nil {
			return err
		}
		id, _ := asynq.GetTaskID(ctx)
		_, err := orders.SendReceipt{To: old.Address}.Enqueue(ctx, queue, taskqueue.Unique("asynq:"+id, 24*time.Hour))
		if errors.Is(err, taskqueue.ErrDuplicate) {
			return nil // a run before this one has sent it
		}
		return err
	})
}

// A run of asynq's that is repeated hands its task over once.
func TestHandOver(t *testing.T) {
	queue, err := taskqueue.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	defer queue.Close()
	mux := asynq.NewServeMux()
	handOver(mux, queue)
	for range 2 {
		if err := mux.ProcessTask(t.Context(), asynq.NewTask("email:send", []byte(`{"Address":"ada@example.com"}`))); err != nil {
			t.Fatal(err)
		}
	}
	info, err := queue.Queues(t.Context(), "mail", taskqueue.Default)
	if err != nil || info[0].Pending+info[1].Pending != 1 {
		t.Errorf("%+v, %v", info, err)
	}
}
