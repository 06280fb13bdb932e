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
	largest        int
	done           chan struct{}
}

func (x *indexer) Index(_ context.Context, tasks []*Index) error {
	x.Lock()
	defer x.Unlock()
	x.largest = max(x.largest, len(tasks))
	failed := taskqueue.BatchErrors{}
	for i, task := range tasks {
		if task.Doc%3 == 0 && !slices.Contains(x.refused, task.Doc) {
			x.refused = append(x.refused, task.Doc)
			failed[i] = errors.New("not now")
			continue
		}
		x.added = append(x.added, task.Doc)
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
	fmt.Println(len(x.refused), x.added, x.largest > 1 && x.largest <= 10)
}
`

// A handler gets several tasks at once and fails some of them: those alone come
// again.
func TestBatch(t *testing.T) {
	m := newModule(t)
	m.write("main.go", batchProgram)
	m.run(tqgen)
	const want = "<nil> <nil>\n10 [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29] true\n"
	if out := m.run("go", "run", "."); out != want {
		t.Errorf("the program printed\n%s\nand not\n%s", out, want)
	}
}

const limitsProgram = `package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"slices"
	"sync"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Sync brings an account up to date.
//
//taskqueue:task concurrency=3 keyconcurrency=1
type Sync struct {
	Account int ` + "`tq:\"key\"`" + `
	Step    int
}

// Tick comes at its rate.
//
//taskqueue:task rate=20/s
type Tick struct{}

var state = struct {
	sync.Mutex
	running map[int]int // by account
	all     int
	wrong   []string
	steps   map[int][]int
	ticks   []time.Time
	left    sync.WaitGroup
}{running: map[int]int{}, steps: map[int][]int{}}

func (t *Sync) Execute(ctx context.Context) error {
	defer state.left.Done()
	t.add(1)
	defer t.add(-1)
	select {
	case <-time.After(2 * time.Millisecond):
	case <-ctx.Done():
	}
	return nil
}

func (t *Sync) add(n int) {
	state.Lock()
	defer state.Unlock()
	state.running[t.Account] += n
	state.all += n
	if state.all > 3 || state.running[t.Account] > 1 {
		state.wrong = append(state.wrong, fmt.Sprintf("%d run, %d of account %d", state.all, state.running[t.Account], t.Account))
	}
	if n > 0 {
		state.steps[t.Account] = append(state.steps[t.Account], t.Step)
	}
}

func (Tick) Execute(context.Context) error {
	defer state.left.Done()
	state.Lock()
	defer state.Unlock()
	state.ticks = append(state.ticks, time.Now())
	return nil
}

func main() {
	ctx, stop := context.WithCancel(context.Background())
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{Tasks: Tasks(), Concurrency: 20, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		log.Fatal(err)
	}
	var jobs []taskqueue.Job
	for step := range 20 {
		for account := range 5 {
			jobs = append(jobs, Sync{Account: account, Step: step}.Job())
		}
	}
	for range 10 {
		jobs = append(jobs, Tick{}.Job())
	}
	state.left.Add(len(jobs))
	began := time.Now()
	ended := make(chan error)
	go func() { ended <- worker.Run(ctx) }()
	if _, err := queue.EnqueueAll(ctx, jobs...); err != nil {
		log.Fatal(err)
	}
	state.left.Wait()
	stop()
	fmt.Println(<-ended, queue.Close())
	for account, steps := range state.steps {
		if len(steps) != 20 || !slices.IsSorted(steps) {
			state.wrong = append(state.wrong, fmt.Sprint("account ", account, ": ", steps))
		}
	}
	fmt.Println(state.wrong, state.ticks[9].Sub(began) > 440*time.Millisecond)
}
`

// What a directive says of limits holds: so many run at a time, one of each key and
// those in their order, and so many begin in a second.
func TestLimits(t *testing.T) {
	m := newModule(t)
	m.write("main.go", limitsProgram)
	m.run(tqgen)
	const want = "<nil> <nil>\n[] true\n"
	if out := m.run("go", "run", "."); out != want {
		t.Errorf("the program printed\n%s\nand not\n%s", out, want)
	}
}
