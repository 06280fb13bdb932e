package tq

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// What a task left is shown as a payload is: by field, without secrets; raw, all of it.
func TestRevealResult(t *testing.T) {
	client, err := taskqueue.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	receipt := &taskqueue.Kind{Name: "shop.Charge", Schema: `{"version":1,"payload":{},"result":{"type":"array","prefixItems":[{"title":"id","type":"string"},{"title":"token","type":"string","writeOnly":true}]}}`}
	run := func(_ context.Context, _, dst []byte) ([]byte, error) {
		return append(dst, "\x92\xa27b\xa4hush"...), nil
	}
	w, err := taskqueue.NewWorker(client, taskqueue.WorkerConfig{Tasks: []taskqueue.Task{{Kind: receipt, Run: run}}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	id, err := client.Enqueue(t.Context(), taskqueue.NewJob(receipt, msgp.Raw{0xc0}, taskqueue.Retention(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	future := taskqueue.NewFuture(client, id, func(b []byte) (int, error) { return len(b), nil })
	if _, err := future.Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	e, err := client.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[bool]string{false: `{"id":"7b","token":"••••••"}`, true: `["7b","hush"]`} {
		s, v := &session{client: client}, viewTask(&e)
		if err := s.reveal(t.Context(), &e, &v, raw); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(v.Result)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want+" shop.Charge 1", fmt.Sprintf("%s %s %d", text, v.Kind, v.Version)); diff != "" {
			t.Errorf("raw %v (-want +got):\n%s", raw, diff)
		}
	}
}
