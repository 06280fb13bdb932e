package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
)

// The two releases of a program: the newer one has another shape of one task,
// and another name for the other.
const (
	oldTasks = `package main

import (
	"context"
	"fmt"
)

//taskqueue:task
type Charge struct {
	Number int
	Cents  int
}

func (c *Charge) Execute(ctx context.Context) error {
	return ran(ctx, c.Number, fmt.Sprint(c.Cents, " cents"))
}

//taskqueue:task
type Notify struct{ Number int }

func (n *Notify) Execute(ctx context.Context) error { return ran(ctx, n.Number, "notified") }

func jobs(number int) []taskqueue.Job {
	return []taskqueue.Job{Charge{Number: number, Cents: number}.Job(), Notify{Number: number}.Job()}
}
`
	newTasks = `package main

import (
	"context"
	"fmt"
)

//taskqueue:task version=2
type Charge struct {
	Number int
	Price  string
}

type ChargeV1 struct {
	Number int
	Cents  int
}

func (v ChargeV1) Upgrade() Charge { return Charge{Number: v.Number, Price: fmt.Sprint(v.Cents, " cents")} }

func (c *Charge) Execute(ctx context.Context) error { return ran(ctx, c.Number, c.Price) }

//taskqueue:task was=main.Notify
type Inform struct{ Number int }

func (i *Inform) Execute(ctx context.Context) error { return ran(ctx, i.Number, "notified") }

func jobs(number int) []taskqueue.Job {
	return []taskqueue.Job{Charge{Number: number, Price: fmt.Sprint(number, " cents")}.Job(), Inform{Number: number}.Job()}
}
`
	rollProgram = `package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func ran(ctx context.Context, number int, what string) error {
	_, err := fmt.Printf("%d %s, attempt %d\n", number, what, taskqueue.Info(ctx).Attempt)
	return err
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, role, url string) error {
	queue, err := taskqueue.Open(ctx, url)
	if err != nil {
		return err
	}
	defer queue.Close()
	if role == "work" {
		worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{Tasks: Tasks(), Concurrency: 4})
		if err != nil {
			return err
		}
		return worker.Run(ctx)
	}
	var number int
	if _, err := fmt.Sscan(role, &number); err != nil {
		return err
	}
	for ; ctx.Err() == nil; number++ {
		if _, err := queue.EnqueueAll(context.Background(), jobs(number)...); err != nil {
			return err
		}
		fmt.Println(number)
		time.Sleep(2 * time.Millisecond)
	}
	return nil
}
`
)

// A fleet is the processes of a test: what they print is kept by line.
type fleet struct {
	*testing.T
	url string

	mu    sync.Mutex
	grown *sync.Cond
	sent  map[string]bool     // numbers that producers have enqueued
	runs  map[string][]string // what workers printed, by number
}

// A member is a process of a fleet.
type member struct {
	*exec.Cmd
	t    *testing.T
	read chan struct{}
	log  strings.Builder
}

// start runs a binary, as a worker or as a producer from a number on.
func (f *fleet) start(binary, role string) *member {
	f.Helper()
	m := &member{Cmd: exec.Command(binary, role, f.url), t: f.T, read: make(chan struct{})}
	m.Stderr = &m.log
	out, err := m.StdoutPipe()
	if err == nil {
		err = m.Start()
	}
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = m.Process.Kill() })
	go func() {
		defer close(m.read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			f.line(lines.Text(), role == "work")
		}
	}()
	return m
}

// stop ends a process as an orchestrator does, and returns what it has logged.
func (m *member) stop() string {
	m.t.Helper()
	if err := m.Process.Signal(syscall.SIGTERM); err != nil {
		m.t.Fatal(err)
	}
	<-m.read
	if err := m.Wait(); err != nil {
		m.t.Fatalf("%v\n%s", err, m.log.String())
	}
	return m.log.String()
}

func (f *fleet) line(text string, worker bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	number, rest, _ := strings.Cut(text, " ")
	if worker {
		f.runs[number] = append(f.runs[number], rest)
	} else {
		f.sent[number] = true
	}
	f.grown.Broadcast()
}

// await waits until something holds of what was printed.
func (f *fleet) await(what string, holds func() bool) {
	f.Helper()
	ctx, stop := context.WithTimeout(f.Context(), time.Minute)
	defer stop()
	defer context.AfterFunc(ctx, f.grown.Broadcast)()
	f.mu.Lock()
	defer f.mu.Unlock()
	for !holds() {
		if ctx.Err() != nil {
			f.Fatalf("after a minute: not %s; %d sent, %d ran", what, len(f.sent), len(f.runs))
		}
		f.grown.Wait()
	}
}

// series counts the numbers of a producer that have run.
func (f *fleet) series(first string) (n int) {
	for number := range maps.Keys(f.runs) {
		if len(number) == len(first) && number[0] == first[0] {
			n++
		}
	}
	return n
}

// Workers and producers roll from an old release to a new one, back, and forth
// again, all under load. Whatever was enqueued runs once, at the first attempt.
func TestRollForwardAndBack(t *testing.T) {
	m := newModule(t)
	m.write("main.go", rollProgram)
	build := func(name, tasks string) string {
		m.write("tasks.go", strings.Replace(tasks, "import (\n", "import (\n\ttaskqueue \"github.com/tqgen/taskqueue/runtime\"\n", 1))
		m.run(tqgen)
		m.run("go", "build", "-o", name, ".")
		return filepath.Join(m.dir, name)
	}
	before := build("before", oldTasks)
	after := build("after", newTasks)
	if lock := m.read("tasks.lock"); !strings.Contains(lock, `was = ["main.Notify"]`) || !strings.Contains(lock, `{ version = 1, type = "example.com/shop.ChargeV1" }`) {
		t.Errorf("tasks.lock:\n%s", lock)
	}
	if _, err := os.Stat(before); err != nil {
		t.Fatal(err)
	}

	f := &fleet{T: t, url: redistest.Start(t).URL(), sent: map[string]bool{}, runs: map[string][]string{}}
	f.grown = sync.NewCond(&f.mu)
	const enough = 100
	some := func(series string) func() bool { return func() bool { return f.series(series) >= enough } }

	oldWorker, oldProducer := f.start(before, "work"), f.start(before, "100000")
	f.await("old tasks run by the old release", some("100000"))

	newWorker := f.start(after, "work")
	oldWorker.stop()
	newProducer := f.start(after, "200000")
	f.await("new tasks run by the new release", some("200000"))
	oldProducer.stop()

	oldWorker = f.start(before, "work")
	newWorker.stop()
	oldProducer = f.start(before, "300000")
	f.await("old tasks run by the old release, again", some("300000"))
	newProducer.stop()
	oldProducer.stop()
	f.mu.Lock()
	waiting := len(f.sent) - len(f.runs)
	f.mu.Unlock()

	newWorker = f.start(after, "work")
	log := oldWorker.stop() // else it takes, and gives back, some of them for a minute
	f.await("everything run", func() bool {
		for number := range f.sent {
			if len(f.runs[number]) < 2 {
				return false
			}
		}
		return true
	})
	if waiting == 0 || !strings.Contains(log, "no handler for this kind of task") || !strings.Contains(log, "known_version=1") {
		t.Errorf("%d tasks waited for the new release; the old one says\n%s", waiting, log)
	}
	newWorker.stop()
	f.check()
	t.Logf("%d tasks, %d of them had to wait for the new release", 2*len(f.sent), 2*waiting)
}

// check holds what ran against what was enqueued.
func (f *fleet) check() {
	for number := range f.sent {
		want := map[string]int{number + " cents, attempt 1": 1, "notified, attempt 1": 1}
		for _, run := range f.runs[number] {
			want[run]--
		}
		for run, n := range want {
			if n != 0 {
				f.Errorf("%s: %q is missing, or not wanted: %v", number, run, fmt.Sprint(f.runs[number]))
			}
		}
	}
}
