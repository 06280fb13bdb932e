package redisbroker

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// TestOutageOfRedis kills Redis under producers and workers and starts it again: no call
// fails, and each task runs once.
func TestOutageOfRedis(t *testing.T) {
	s := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet}))
	tr := newTraffic(r, 2000)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tr.run(t, 4)
	}()
	for range 3 {
		time.Sleep(50 * time.Millisecond) // of work; it is no matter how much
		s.Kill()
		s.Restart(t)
	}
	<-done
	tr.verdict(t)
}

// TestHang: a server that does not answer costs the time that the caller gives,
// and the error says that something may have been done; a call that comes when it
// answers again finds the connections mended.
func TestHang(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	p := redistest.StartProxy(t, s.Addr())
	r := newRig(t, mustOpen(t, p.URL(), Config{Logger: quiet, CommandTimeout: 100 * time.Millisecond}))
	r.put(r.task("before"))
	p.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	receipts, err := r.b.Enqueue(ctx, r.tasks(1, "during"))
	if err != nil || len(receipts) != 1 || !errors.Is(receipts[0].Err, broker.ErrUnknown) {
		t.Errorf("%v, %v", receipts, err)
	}
	p.Resume()
	r.put(r.task("after"))
	if n := r.info(); n.Pending < 2 || n.Pending > 3 {
		t.Errorf("%d tasks are pending, want 2, or 3 with the unknown one", n.Pending)
	}
}

// TestScheduleSurvivesARestart: what is scheduled is due when it was, after a
// restart as before.
func TestScheduleSurvivesARestart(t *testing.T) {
	s := redistest.Start(t, "--appendonly", "yes")
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet}))
	due := time.Now().Add(time.Hour).Truncate(time.Millisecond)
	m := r.task("later", func(m *broker.Message) { m.Due = due })
	r.put(m)
	s.Stop()
	s.Restart(t)
	entries, err := r.b.Find(t.Context(), []broker.Ref{{Queue: r.queue, ID: m.ID}})
	if err != nil || entries[0].State != broker.Scheduled || !entries[0].At.Equal(due) {
		t.Errorf("%+v, %v", entries, err)
	}
}

// TestPoolOfOne: callers share the only connection.
func TestPoolOfOne(t *testing.T) {
	s := redistest.Start(t)
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet, PoolSize: 1}))
	const callers, each = 50, 20
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range each {
				if receipts, err := r.b.Enqueue(t.Context(), r.tasks(1, "x")); err != nil || receipts != nil {
					t.Errorf("%v, %v", receipts, err)
				}
			}
		})
	}
	wg.Wait()
	if n := r.info(); n.Pending != callers*each {
		t.Errorf("%d tasks are in, want %d", n.Pending, callers*each)
	}
	if n := len(strings.Split(strings.TrimSpace(s.Do(t, "CLIENT", "LIST", "TYPE", "normal").Text), "\n")); n > 3 {
		t.Errorf("%d connections: one for commands, perhaps one that waits, and the test's", n)
	}
}

// counted has a broker whose commands are counted by name.
func counted(t *testing.T) (*rig, func() map[string]int) {
	s := redistest.Start(t)
	p := redistest.StartProxy(t, s.Addr())
	r := newRig(t, mustOpen(t, p.URL(), Config{Logger: quiet}))
	var mu sync.Mutex
	counts := map[string]int{}
	p.DropReplies(1<<30, func(args []string) bool {
		mu.Lock()
		defer mu.Unlock()
		counts[strings.ToUpper(args[0])]++
		return false
	})
	return r, func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		got := counts
		counts = map[string]int{}
		return got
	}
}

// TestCommandsCounted: nothing is sent to find out whether a connection lives, and
// what is asked of many queues is asked at once.
func TestCommandsCounted(t *testing.T) {
	r, counts := counted(t)
	r.put(r.task("the first one")) // makes the connection, and Redis learn the script
	h := r.hand("w")
	h.cycle(1)
	r.info()
	counts()
	for _, tt := range []struct {
		name string
		do   func()
		most int
	}{
		{"enqueue", func() { r.put(r.task("x")) }, 1},
		{"enqueue of 100", func() { r.put(r.tasks(100, "x")...) }, 5},
		{"cycle with a claim", func() { h.cycle(10) }, 2},
		{"queues", func() {
			if _, err := r.b.Queues(t.Context(), r.queue); err != nil {
				t.Error(err)
			}
		}, 1},
	} {
		tt.do() // the second time is as any other
		counts()
		tt.do()
		got, total := counts(), 0
		for _, n := range got {
			total += n
		}
		if total == 0 || total > tt.most || got["PING"] > 0 {
			t.Errorf("%s: %v, at most %d", tt.name, got, tt.most)
		}
	}
}

// TestMemoryOfAPendingTask: one with 200 bytes takes less than the 338 of the seed.
func TestMemoryOfAPendingTask(t *testing.T) {
	const tasks, most = 20_000, 300
	s := redistest.Start(t)
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet}))
	before := parsed(t, s.Info(t, "memory", "used_memory_dataset"))
	for range tasks / broker.MaxBatch {
		r.put(r.tasks(broker.MaxBatch, large(200))...)
	}
	each := (parsed(t, s.Info(t, "memory", "used_memory_dataset")) - before) / tasks
	t.Logf("%d bytes a task", each)
	if each > most {
		t.Errorf("%d bytes a task, at most %d", each, most)
	}
}

// TestComposeAvoidsTheWarnings starts Redis as docker-compose.yml does and wants
// nothing to warn of.
func TestComposeAvoidsTheWarnings(t *testing.T) {
	text, err := os.ReadFile("../../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var args []string
	for _, m := range regexp.MustCompile(`(--(?:append|maxmemory)[a-z-]*)[ ",]+([a-z0-9]+)`).FindAllStringSubmatch(string(text), -1) {
		args = append(args, m[1], m[2])
	}
	if len(args) == 0 {
		t.Fatal("docker-compose.yml says nothing about the append-only file or memory")
	}
	var out bytes.Buffer
	mustOpen(t, redistest.Start(t, args...).URL(), Config{Logger: slog.New(slog.NewTextHandler(&out, nil))})
	if out.Len() > 0 {
		t.Errorf("with %v: %s", args, out.String())
	}
}

func parsed(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
