package e2e_test

import "testing"

const batchProgram = `package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"slices"
	"sync"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Index adds documents to a search index, many at a time.
//
//taskqueue:task batch=10 linger=20ms keyrate=100000/s keyburst=100
//taskqueue:retry fixed delay=1ms
type Index struct {
	Tenant int ` + "`tq:\"key\"`" + `
	Doc    int
}

// An indexer refuses each third document at first.
type indexer struct {
	sync.Mutex
	refused, added []int
	done           chan struct{}
}

func (x *indexer) Index(_ context.Context, tasks []*Index) error {
	x.Lock()
	defer x.Unlock()
	failed := taskqueue.BatchErrors{}
	for i, task := range tasks {
		if task.Doc%3 == 0 && !slices.Contains(x.refused, task.Doc) {
			x.refused = append(x.refused, task.Doc)
			failed[i] = errors.New("not now")
			continue
		}
		x.added = append(x.added, task.Doc)
	}
	if len(tasks) > 10 || len(tasks) == 0 {
		log.Fatalf("a batch of %d", len(tasks))
	}
	if len(x.added) == documents {
		close(x.done)
	}
	if len(failed) > 0 {
		return failed
	}
	return nil
}

const documents = 30

func main() {
	ctx, stop := context.WithCancel(context.Background())
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	x := &indexer{done: make(chan struct{})}
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{Tasks: Tasks(x), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		log.Fatal(err)
	}
	var jobs []taskqueue.Job
	for doc := range documents {
		jobs = append(jobs, Index{Tenant: doc % 2, Doc: doc}.Job())
	}
	if _, err := queue.EnqueueAll(ctx, jobs...); err != nil {
		log.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- worker.Run(ctx) }()
	<-x.done
	stop()
	fmt.Println(<-ended, queue.Close())
	slices.Sort(x.added)
	fmt.Println(len(x.refused), x.added)
}
`

// A handler gets several tasks at once and fails some of them: those alone come
// again.
func TestBatch(t *testing.T) {
	m := newModule(t)
	m.write("main.go", batchProgram)
	m.run(tqgen)
	const want = "<nil> <nil>\n10 [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29]\n"
	if out := m.run("go", "run", "."); out != want {
		t.Errorf("the program printed\n%s\nand not\n%s", out, want)
	}
}
