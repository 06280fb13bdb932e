package tq

import (
	"context"
	"log/slog"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// scale runs a process of a fleet, whose tasks take a tenth of a second; the fleet
// decides ten times a second, so that a story is short.
func scale(ctx context.Context, client *taskqueue.Client, fleet, name string) error {
	tuning := taskqueue.DefaultTuning()
	tuning.EvaluationInterval, tuning.Target.QueueWait, tuning.ScaleDownCooldown = 100*time.Millisecond, time.Second, time.Second
	w, err := taskqueue.NewWorker(client, taskqueue.WorkerConfig{
		Name: name, ShutdownGrace: taskqueue.NoGrace, Logger: slog.New(slog.DiscardHandler), Concurrency: 2,
		Tasks: []taskqueue.Task{{Kind: kind("email.Send"), Run: func(_ context.Context, _, dst []byte) ([]byte, error) {
			time.Sleep(100 * time.Millisecond)
			return dst, nil
		}}},
		Autoscale: taskqueue.Autoscale{Min: 1, Max: 12, PerProcess: 4, Fleet: fleet, Tuning: &tuning},
	})
	if err != nil {
		return err
	}
	return w.Run(ctx)
}
