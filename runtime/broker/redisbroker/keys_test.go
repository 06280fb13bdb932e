package redisbroker

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// TestKeys pins the names: a release that changes them does not find the tasks
// of the one before.
func TestKeys(t *testing.T) {
	k := newKeys("tq:", "mail")
	id := broker.NewID("mail", time.UnixMilli(1_764_064_000_000))
	got := append(append(append([]string{registry("tq:"), schema("tq:")}, k.lanes[:]...), k.opened[:]...),
		k.schedule, k.scheduled, k.dead, k.letters, k.sessions, k.holders, k.idle, k.parked, k.shelf, k.unique, k.windows, k.onces,
		k.tasks, k.envelopes, k.ring, k.ready, k.aside, k.cooling, k.groupsState, k.marks, k.progress, k.settings, k.count, k.wake, k.ended,
		k.claims("w:1"), k.claim("w:1", 1<<53), k.producer("p.1"), k.waiter("p.2"), k.result(id))
	want := []string{
		"tq:queues", "tq:schema",
		"tq:{mail}:p:critical", "tq:{mail}:p:high", "tq:{mail}:p:normal", "tq:{mail}:p:low", "tq:{mail}:p:suspects",
		"tq:{mail}:p:critical:opened", "tq:{mail}:p:high:opened", "tq:{mail}:p:normal:opened", "tq:{mail}:p:low:opened", "tq:{mail}:p:suspects:opened",
		"tq:{mail}:z", "tq:{mail}:z:data", "tq:{mail}:x", "tq:{mail}:x:data",
		"tq:{mail}:sessions", "tq:{mail}:holders", "tq:{mail}:idle", "tq:{mail}:parked", "tq:{mail}:parked:data", "tq:{mail}:unique", "tq:{mail}:windows", "tq:{mail}:onces",
		"tq:{mail}:g", "tq:{mail}:g:data", "tq:{mail}:g:ring", "tq:{mail}:g:ready", "tq:{mail}:g:aside", "tq:{mail}:g:cooling", "tq:{mail}:g:state",
		"tq:{mail}:marks", "tq:{mail}:progress", "tq:{mail}:settings", "tq:{mail}:count", "tq:{mail}:wake", "tq:{mail}:ended",
		"tq:{mail}:claims:w:1", "tq:{mail}:claim:w:1:9007199254740992", "tq:{mail}:producer:p.1", "tq:{mail}:waiter:p.2", "tq:{mail}:result:t6a0hs",
	}
	r := newRecordKeys("tq:")
	got = append(got, r.rows("crons"), r.ends("crons"), r.versions(), r.log("decisions"), r.lines(), r.producer("p.1"))
	want = append(want, "tq:{/records}:rows:crons", "tq:{/records}:ends:crons", "tq:{/records}:versions",
		"tq:{/records}:log:decisions", "tq:{/records}:lines", "tq:{/records}:producer:p.1")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLanes(t *testing.T) {
	for priority, want := range map[broker.Priority]byte{broker.Critical: 1, broker.High: 2, broker.Normal: 3, broker.Low: 4} {
		if got := laneByte(priority); got != want {
			t.Errorf("priority %d has lane byte %d, want %d", priority, got, want)
		}
		if got := lane(&broker.Message{Priority: priority}); got != want-1 {
			t.Errorf("priority %d waits in lane %d", priority, got)
		}
		if got := lane(&broker.Message{Priority: priority, Lost: broker.SuspectAfter}); laneNames[got] != "suspects" {
			t.Errorf("a suspect waits in lane %s", laneNames[got])
		}
	}
}
