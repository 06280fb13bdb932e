package web

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func TestRates(t *testing.T) {
	var h history
	start := time.Unix(0, 0)
	at := func(seconds float64, done, died int64) (map[string]*rates, *rates) {
		return h.add(start.Add(time.Duration(seconds*1e9)), []taskqueue.QueueInfo{{Queue: "a", Done: done, Died: died, Enqueued: 2 * done}})
	}
	if _, fleet := at(0, 0, 0); fleet != nil || fleet.errorRate() != nil {
		t.Errorf("the first look: %+v", fleet)
	}
	if _, fleet := at(0.01, 5, 0); fleet != nil {
		t.Errorf("too soon: %+v", fleet)
	}
	byQueue, fleet := at(10, 90, 10)
	want := &rates{WindowSeconds: 10, Enqueued: 18, Done: 9, Failed: 1}
	if diff := cmp.Diff(want, fleet); diff != "" {
		t.Errorf("ten seconds (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, byQueue["a"]); diff != "" {
		t.Errorf("queue (-want +got):\n%s", diff)
	}
	if got := fleet.errorRate(); got == nil || *got != 0.1 {
		t.Errorf("error rate %v", got)
	}
	if got := fleet.runs(); got != 100 {
		t.Errorf("%v runs", got)
	}
	for s := 11.0; s <= 300; s++ {
		_, fleet = at(s, 90, 10)
	}
	if fleet.Done != 0 || fleet.WindowSeconds < 60 || fleet.WindowSeconds > 62 || len(h.samples) > 63 {
		t.Errorf("after minutes of nothing: %+v, %d samples", fleet, len(h.samples))
	}
}
