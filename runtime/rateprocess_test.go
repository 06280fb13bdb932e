package taskqueue_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

const rateServer = "TASKQUEUE_TEST_RATE_SERVER"

// TestRateProcess is a worker process of the test below: it prints when each task
// begins, until its input ends.
func TestRateProcess(t *testing.T) {
	url := os.Getenv(rateServer)
	if url == "" {
		return // the test below is the test
	}
	client, err := taskqueue.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	config := tasks(func(context.Context, string) (string, error) {
		fmt.Println("began", time.Now().UnixMicro())
		return "", nil
	})
	config.Logger = new(lines).logger()
	defer startWorker(t, client, config)()
	_, _ = os.Stdin.Read(make([]byte, 1))
}

// Four processes together begin ten tasks a second of low_priority, the setting of the
// queue, whatever each of them could. How many a second is logged; a busy machine may
// begin fewer.
func TestRateOverProcesses(t *testing.T) {
	server := redistest.Start(t)
	client, err := taskqueue.Open(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	f := &fixture{t, client, nil}
	began, m := make(chan time.Time, 1000), meter{}
	const processes = 4
	for range processes {
		rateProcess(t, server.URL(), began)
	}
	eventually(t, "all work", func() bool {
		infos, err := client.Queues(t.Context(), taskqueue.LowPriority)
		return err == nil && infos[0].Sessions == processes && infos[0].Settings.Rate.N == 10
	})
	f.bulk(taskqueue.LowPriority, 1000)
	seconds := 2
	if soaking() {
		seconds = 60
	}
	for len(m.starts) == 0 || m.starts[len(m.starts)-1].Sub(m.starts[0]) < time.Duration(seconds)*time.Second {
		select {
		case at := <-began:
			m.starts = append(m.starts, at)
		case <-time.After(20 * time.Second):
			t.Fatalf("no task has begun for 20 s, after %d", len(m.starts))
		}
	}
	slices.SortFunc(m.starts, time.Time.Compare)
	m.checkMost(t, 10, processes)
	t.Logf("began in each second: %v", m.perSecond(t, seconds))
}

// rateProcess starts a worker process that ends with the test.
func rateProcess(t *testing.T, url string, began chan<- time.Time) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestRateProcess$")
	cmd.Env = append(os.Environ(), rateServer+"="+url)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var us string
			if _, err := fmt.Sscanf(lines.Text(), "began %s", &us); err != nil {
				continue
			}
			if n, err := strconv.ParseInt(us, 10, 64); err == nil {
				began <- time.UnixMicro(n)
			}
		}
	}()
	t.Cleanup(func() {
		_ = in.Close()
		<-ended
		if err := cmd.Wait(); err != nil {
			t.Errorf("a worker process: %v", err)
		}
	})
}
