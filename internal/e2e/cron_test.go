package e2e_test

import "testing"

const cronProgram = `package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Beat recurs.
//
//taskqueue:task cron="@every 1s" zone=Europe/Paris
type Beat struct{}

var beats = make(chan string)

func (Beat) Execute(ctx context.Context) error {
	info := taskqueue.Info(ctx)
	select {
	case beats <- info.Header(taskqueue.CronName) + " " + info.Kind:
	case <-ctx.Done():
	}
	return ctx.Err()
}

func main() {
	ctx, stop := context.WithCancel(context.Background())
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{Tasks: Tasks(), Crons: Crons(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		log.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- worker.Run(ctx) }()
	fmt.Println(<-beats)
	fmt.Println(<-beats)
	stop()
	fmt.Println(<-done, queue.Close())
}
`

// A task with cron= is enqueued by workers that have the generated Crons.
func TestCron(t *testing.T) {
	m := newModule(t)
	m.write("main.go", cronProgram)
	m.run(tqgen)
	const want = "main.Beat main.Beat\nmain.Beat main.Beat\n<nil> <nil>\n"
	if out := m.run("go", "run", "."); out != want {
		t.Errorf("the program printed\n%s\nand not\n%s", out, want)
	}
}
