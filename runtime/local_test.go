package taskqueue_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A worker in memory that waits costs next to nothing: 48 hours with an hourly cron
// take a moment, and what it announces is what it does now.
func TestLocalWorkerIsCheap(t *testing.T) {
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		c, err := taskqueue.Open(t.Context(), "mem://")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var ticks ticker
		config := ticks.worker(taskqueue.Cron{Name: "hourly", Spec: "@hourly", Job: job("x")})
		config.Logger = new(lines).logger()
		config.Tasks = append(config.Tasks, task(newKind, func(ctx context.Context, _ string) (string, error) { <-ctx.Done(); return "", ctx.Err() }))
		w, err := taskqueue.NewWorker(c, config)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.Run(ctx) }()
		pass(48 * time.Hour)
		if n := ticks.count("hourly"); n != 48 {
			t.Errorf("%d ticks", n)
		}
		if _, err := c.Enqueue(t.Context(), taskqueue.NewJob(newKind, &note{"x"})); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if all, err := c.Workers(t.Context()); err != nil || len(all) != 1 || all[0].Active != 1 || all[0].Heard != 0 {
			t.Errorf("%+v %v", all, err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Logf("48 hours took %v", time.Since(began))
}
