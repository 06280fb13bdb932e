package simulate_test

import (
	"context"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
	"github.com/tqgen/taskqueue/runtime/simulate"
)

type mail struct{}

func (mail) MarshalMsg(b []byte) ([]byte, error) { return msgp.AppendNil(b), nil }

// A shop has a client and a worker whose tasks take half a second.
type shop struct {
	*testing.T
	client *taskqueue.Client
	kind   *taskqueue.Kind
}

// open runs f with a shop in a bubble of testing/synctest.
func open(t *testing.T, works bool, f func(s *shop)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client, err := taskqueue.NewClient(membroker.New(membroker.Config{}), taskqueue.ClientConfig{})
		if err != nil {
			t.Fatal(err)
		}
		s := &shop{t, client, &taskqueue.Kind{Name: "shop.Mail"}}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		if works {
			go func() { ended <- s.work(ctx) }()
			time.Sleep(3 * time.Second)
		} else {
			ended <- nil
		}
		f(s)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (s *shop) work(ctx context.Context) error {
	w, err := taskqueue.NewWorker(s.client, taskqueue.WorkerConfig{
		Logger: slog.New(slog.DiscardHandler), Concurrency: 2, Autoscale: taskqueue.Autoscale{Min: 2, Max: 9, Fleet: "shop"},
		Tasks: []taskqueue.Task{{Kind: s.kind, Run: func(_ context.Context, _, dst []byte) ([]byte, error) {
			time.Sleep(500 * time.Millisecond)
			return dst, nil
		}}},
	})
	if err != nil {
		return err
	}
	return w.Run(ctx)
}

// send enqueues a task every quarter of a second, and one of high priority every
// second, until ctx ends.
func (s *shop) send(ctx context.Context) {
	for i := 0; ctx.Err() == nil; i++ {
		jobs := []taskqueue.Job{taskqueue.NewJob(s.kind, mail{})}
		if i%4 == 0 {
			jobs = append(jobs, taskqueue.NewJob(s.kind, mail{}, taskqueue.Queue(taskqueue.HighPriority)))
		}
		if _, err := s.client.EnqueueAll(context.WithoutCancel(ctx), jobs...); err != nil {
			s.Error(err)
		}
		time.Sleep(250 * time.Millisecond)
	}
}

// What is recorded is what came, and can be simulated.
func TestRecord(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shop.csv.gz")
	open(t, true, func(s *shop) {
		ctx, stop := context.WithCancel(s.Context())
		done := make(chan struct{})
		go func() { defer close(done); s.send(ctx) }()
		time.Sleep(5 * time.Second)
		if err := simulate.Record(ctx, s.client, simulate.RecordOptions{For: 2 * time.Minute, File: file}, io.Discard); err != nil {
			t.Error(err)
		}
		stop()
		<-done
	})
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tr, err := sim.ReadTrace(f)
	if err != nil {
		t.Fatal(err)
	}
	queues := map[uint8]int{}
	work := 0.0
	for _, task := range tr.Tasks {
		queues[task.Queue]++
		work += float64(task.Service)
	}
	if n := queues[sim.Default]; n < 460 || n > 490 || queues[sim.High] < 112 || queues[sim.High] > 125 {
		t.Errorf("%v tasks by queue; 480 and 120 came", queues)
	}
	if mean := work / float64(len(tr.Tasks)); math.Abs(mean-0.5) > 0.01 {
		t.Errorf("a task takes %.3f s", mean)
	}
	if tr.Name != "shop" || tr.Min != 2 || tr.Max != 9 || tr.Slots != 2 || tr.Wait != 10 || tr.Latency != 5 || tr.Duration < 118 || tr.Duration > 122 {
		tr.Tasks = nil
		t.Errorf("%+v", tr)
	}
	if r := decode(t, command(t, "--trace", file, "--json")); *r.Controllers[0].Late > 1 {
		t.Errorf("simulated: %+v", r)
	}
}

func TestRecordMistakes(t *testing.T) {
	refuses := func(s *shop, o simulate.RecordOptions, want string) {
		if err := simulate.Record(s.Context(), s.client, o, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			s.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	open(t, false, func(s *shop) {
		refuses(s, simulate.RecordOptions{}, "no worker has an autoscaler")
	})
	open(t, true, func(s *shop) {
		refuses(s, simulate.RecordOptions{Fleet: "ship"}, "none of shop")
		refuses(s, simulate.RecordOptions{File: filepath.Join(t.TempDir(), "no", "file")}, "--out")
		refuses(s, simulate.RecordOptions{For: 10 * time.Second}, "nothing came to fleet shop")
		refuses(s, simulate.RecordOptions{For: time.Millisecond}, "two looks")
	})
}
