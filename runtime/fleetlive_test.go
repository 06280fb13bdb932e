package taskqueue_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// fleetProcess in the environment makes TestFleetProcess one of a fleet: it is the
// process's name and the store's URL.
const fleetProcess = "TASKQUEUE_TEST_FLEET_PROCESS"

// A process of TestFleetLive; it works until its standard input ends.
func TestFleetProcess(t *testing.T) {
	name, url, ok := strings.Cut(os.Getenv(fleetProcess), " ")
	if !ok {
		t.Skip("it is a part of TestFleetLive")
	}
	client, err := taskqueue.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	config := tasks(fifthOfASecond)
	config.Name, config.Concurrency, config.Logger = name, 5, new(lines).logger()
	config.Autoscale = taskqueue.Autoscale{Min: 3, Max: 12, Fleet: "shop"}
	worker, err := taskqueue.NewWorker(client, config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		defer stop()
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	if err := worker.Run(ctx); err != nil {
		t.Error(err)
	}
}

// startProcess starts one; end lets it end in peace, kill does not.
func startProcess(t *testing.T, name, url string) (end, kill func() error) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFleetProcess$", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), fleetProcess+"="+name+" "+url)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(bufio.NewReader(stdout))
		said <- string(text)
	}()
	wait := func() error {
		text := <-said
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("%s: %w\n%s", name, err, text)
		}
		return nil
	}
	var over atomic.Bool
	kill = func() error {
		if over.Swap(true) {
			return nil
		}
		_ = cmd.Process.Kill()
		return wait()
	}
	t.Cleanup(func() { _ = kill() })
	return func() error {
		over.Store(true)
		stdin.Close()
		return wait()
	}, kill
}

// A watched fleet is one whose processes may be killed.
type watched struct {
	*testing.T
	client *taskqueue.Client
	dead   map[string]bool // by the name of the worker
}

// look returns the fleet without the dead, and how many workers there are: never more
// than there may be.
func (w *watched) look() (f taskqueue.Fleet, workers int) {
	w.Helper()
	fleets, err := w.client.Fleets(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	if len(fleets) == 0 {
		return f, 0
	}
	f = fleets[0]
	f.Members = slices.DeleteFunc(f.Members, func(m taskqueue.FleetMember) bool { return w.dead[m.Name] })
	for _, m := range f.Members {
		workers += m.Workers
	}
	if workers > 12 {
		w.Errorf("%d workers: %+v", workers, f.Members)
	}
	return f, workers
}

// settled says that so many processes have what is wanted, of more than at least.
func (w *watched) settled(processes, atLeast int) func() bool {
	return func() bool {
		f, workers := w.look()
		return len(f.Members) == processes && f.Leader != "" && !w.dead[f.Leader] && workers == f.Desired && workers >= atLeast
	}
}

// await offers work until a condition has held once, and returns how long that took.
func (w *watched) await(tenth int, what string, condition func() bool) time.Duration {
	w.Helper()
	begun := time.Now()
	const patience = time.Minute
	held := false
	offer(w.T, w.client, tenth, patience, func() bool { held = condition(); return held })
	if !held {
		f, workers := w.look()
		w.Fatalf("%s: not within %v: %d workers, %+v", what, patience, workers, f)
	}
	return time.Since(begun)
}

// Three processes share what one of them decides. It is killed, and another one goes
// on; there are never more workers than there may be, and no task is left.
func TestFleetLive(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	t.Parallel()
	server := redistest.Start(t)
	client, err := taskqueue.Open(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ends, kills := map[string]func() error{}, map[string]func() error{}
	for _, name := range []string{"a", "b", "c"} {
		ends[name], kills[name] = startProcess(t, name, server.URL())
	}
	w := &watched{t, client, map[string]bool{}}
	w.await(1, "three processes", w.settled(3, 3))
	rise := w.await(20, "more workers", w.settled(3, 8))
	first, _ := w.look()
	w.dead[first.Leader] = true
	if err := kills[first.Leader[:1]](); err == nil {
		t.Error("a killed process ends well")
	}
	takeover := w.await(20, "another leader", w.settled(2, 8))
	second, _ := w.look()
	if second.Leader == first.Leader {
		t.Error("the dead one leads")
	}
	w.await(20, "no backlog", func() bool {
		q, err := client.Queues(context.Background(), taskqueue.Default)
		return err == nil && q[0].Pending < 40
	})
	t.Logf("%d workers after %v; after the leader's death %v", first.Desired, rise, takeover)
	for name, end := range ends {
		if name != first.Leader[:1] {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	}
	history, err := client.FleetDecisions(t.Context(), "shop", 10_000)
	if err != nil || len(history) < 2 || !slices.ContainsFunc(history, func(d taskqueue.Decision) bool { return d.From >= 8 }) {
		t.Errorf("history: %v %v", history, err)
	}
}
