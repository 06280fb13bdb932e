package taskqueue_test

import (
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// What is due in a queue that nobody serves is pending within a second or two, although
// workers of other queues come and go.
func TestQueuesWithoutWorkersArePromoted(t *testing.T) {
	bubble(t, func(f *fixture) {
		pending := func() int64 {
			infos, err := f.Queues(f.Context(), "reports")
			if err != nil {
				t.Fatal(err)
			}
			return infos[0].Pending
		}
		for i := range 1200 { // more than one batch
			f.add(job("x", taskqueue.Queue("reports"), taskqueue.In(time.Minute+time.Duration(i%2)*time.Hour)))
		}
		_, stop := f.work(tasks(nothing))
		f.work(tasks(nothing))
		pass(59 * time.Second)
		if n := pending(); n != 0 {
			t.Errorf("%d are pending too early", n)
		}
		pass(2 * time.Second)
		if n := pending(); n != 600 {
			t.Errorf("%d are pending", n)
		}
		stop()
		pass(time.Hour)
		if n := pending(); n != 1200 {
			t.Errorf("%d are pending", n)
		}
	})
}

func TestPromoterLive(t *testing.T) {
	server := redistest.Start(t)
	client, err := taskqueue.Open(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	defer startWorker(t, client, tasks(nothing))()
	if _, err := client.Enqueue(t.Context(), job("x", taskqueue.Queue("reports"), taskqueue.In(500*time.Millisecond))); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is pending", func() bool {
		infos, err := client.Queues(t.Context(), "reports")
		return err == nil && infos[0].Pending == 1
	})
}
