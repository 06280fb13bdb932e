package taskqueue_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// memoryProcess in the environment makes TestMemoryProcess the process of
// TestMemoryLive, and says which.
const memoryProcess = "TASKQUEUE_TEST_MEMORY_PROCESS"

const (
	largeTasks = 40 << 20 // bytes, for a fifth of a second
	fewTasks   = 12
)

// What a process had of memory and tasks, at most.
type memoryUse struct {
	Running int
	UsedMB  float64
	Parked  int64
	Log     string
}

// TestMemoryProcess runs large tasks, of which ten at once would not fit, and says how
// that went.
func TestMemoryProcess(t *testing.T) {
	mode := os.Getenv(memoryProcess)
	if mode == "" {
		t.Skip("it is a part of TestMemoryLive")
	}
	use, err := useMemory(t.Context(), mode == "declared")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(use)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\nuse %s\n", text)
}

// useMemory works until all large tasks are done.
func useMemory(ctx context.Context, declared bool) (use memoryUse, err error) {
	client, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		return use, err
	}
	defer client.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	running, left := 0, fewTasks
	large := &taskqueue.Kind{Name: "test.Large"}
	huge := &taskqueue.Kind{Name: "test.Huge", Settings: taskqueue.Settings{Memory: 2 * largeTasks * fewTasks}}
	said := new(lines)
	config := taskqueue.WorkerConfig{Concurrency: 10, Logger: slog.New(slog.NewTextHandler(said, nil))}
	if declared {
		large.Settings.Memory = largeTasks
	} else {
		config.Autoscale = taskqueue.Autoscale{Max: 4, Tuning: tuned(func(t *taskqueue.AutoscaleTuning) {
			t.EvaluationInterval = 100 * time.Millisecond
		})}
	}
	run := func(ctx context.Context, _ string) (string, error) {
		mu.Lock()
		running++
		mu.Unlock()
		held := make([]byte, largeTasks)
		for i := 0; i < len(held); i += 4096 {
			held[i] = 1
		}
		time.Sleep(200 * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		use.Running, use.UsedMB = max(use.Running, running), max(use.UsedMB, usedMB())
		running--
		if left--; left == 0 {
			stop()
		}
		return fmt.Sprint(held[4096])[:0], nil
	}
	config.Tasks = []taskqueue.Task{task(large, run), task(huge, run)}
	worker, err := taskqueue.NewWorker(client, config)
	if err != nil {
		return use, err
	}
	feed := func(n int) error {
		jobs := []taskqueue.Job{taskqueue.NewJob(huge, &note{"x"})}
		jobs = append(jobs, slices.Repeat([]taskqueue.Job{taskqueue.NewJob(large, &note{"x"})}, n)...)
		_, err := client.EnqueueAll(ctx, jobs...)
		return err
	}
	fed := make(chan error, 1)
	go func() {
		if declared {
			fed <- feed(fewTasks)
			return
		}
		err := feed(2)
		for ctx.Err() == nil && !known(worker.Decisions(1)) {
			time.Sleep(10 * time.Millisecond)
		}
		fed <- errors.Join(err, feed(fewTasks-2))
	}()
	err = errors.Join(worker.Run(ctx), <-fed)
	infos, infoErr := client.Queues(context.WithoutCancel(ctx), taskqueue.Default)
	if infoErr == nil {
		use.Parked = infos[0].Parked
	}
	use.Log = said.String()
	return use, errors.Join(err, infoErr)
}

// known says that it has been measured what a task takes.
func known(last []taskqueue.Decision) bool {
	return len(last) > 0 && len(last[0].Caps) > 0 && last[0].Caps[0].NeedMB < 100
}

// usedMB is what the process has of the system's memory.
func usedMB() float64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return float64(s[0].Value.Uint64()-s[1].Value.Uint64()) / (1 << 20)
}

// A process with a limit begins only tasks that there is room for, be it that their
// kind says what they take or that the autoscaler has to see it. One that can never
// fit waits for another process.
func TestMemoryLive(t *testing.T) {
	const limitMB = 256
	for _, mode := range []string{"declared", "measured"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestMemoryProcess$", "-test.timeout=2m")
			cmd.Env = append(os.Environ(), memoryProcess+"="+mode, fmt.Sprintf("GOMEMLIMIT=%dMiB", limitMB))
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			_, rest, _ := strings.Cut(string(out), "\nuse ")
			text, _, _ := strings.Cut(rest, "\n")
			var use memoryUse
			if err := json.Unmarshal([]byte(text), &use); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Logf("%d at once, %.0f MB of %d", use.Running, use.UsedMB, limitMB)
			most := 9 * limitMB / 10 / (largeTasks >> 20)
			if mode == "measured" {
				most += 2 // it is what it was seen to be
			}
			if use.Running > most || use.Running < 2 {
				t.Errorf("%d tasks of %d MB at once in %d MB", use.Running, largeTasks>>20, limitMB)
			}
			if use.Parked == 0 || !strings.Contains(use.Log, "too large for this process") {
				t.Errorf("%d are parked; log:\n%s", use.Parked, use.Log)
			}
		})
	}
}

// What a kind may say that it takes has bounds.
func TestMemoryIsChecked(t *testing.T) {
	bubble(t, func(f *fixture) {
		for bytes, valid := range map[int64]bool{0: true, 1e6: true, 1 << 40: true, -1: false, 999_999: false, 1<<40 + 1: false} {
			config := tasks(nothing)
			config.Tasks[0].Kind = &taskqueue.Kind{Name: "test.Large", Settings: taskqueue.Settings{Memory: bytes}}
			_, err := taskqueue.NewWorker(f.Client, config)
			if valid != (err == nil) || !valid && !errors.Is(err, taskqueue.ErrInvalid) {
				t.Errorf("%d bytes: %v", bytes, err)
			}
		}
	})
}
