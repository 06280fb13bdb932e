package brokertest

import (
	"fmt"
	"strings"
	"sync"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var laneTests = []test{
	{"a lane is first in first out", func(f *fixture) {
		f.put("a", "b", "c")
		f.put("d")
		w := f.worker("w")
		w.claimed(2, "a", "b")
		w.claimed(5, "c", "d")
		w.claimed(5)
	}},
	{"one claim takes from the highest lane", func(f *fixture) {
		f.putEach(broker.Low, broker.Critical, broker.Normal, broker.High)
		f.putEach(broker.Normal)
		w := f.worker("w")
		w.claimed(9, "critical")
		w.claimed(9, "high")
		w.claimed(9, "normal", "normal")
		w.claimed(9, "low")
	}},
	{"every 16th cycle serves the lowest lane first", func(f *fixture) {
		for range 40 {
			f.putEach(broker.Normal, broker.Low)
		}
		w := f.worker("w")
		for seq := 1; seq <= 33; seq++ {
			label := "normal"
			if seq%broker.FairnessInterval == 0 {
				label = "low"
			}
			w.claimed(1, label)
		}
	}},
	{"every 16th cycle serves all lanes in reverse", func(f *fixture) {
		f.putEach(broker.High, broker.Critical, broker.Low, broker.Normal)
		w := f.worker("w")
		w.cycle()
		for i, label := range []string{"low", "normal", "high", "critical"} {
			g := w.cycle(seq(uint64(i+1)*broker.FairnessInterval), wantAny(9))
			f.equal("claimed", labelsOf(g.Leases), []string{label})
		}
	}},
	{"every 16th cycle serves suspects before all", func(f *fixture) {
		f.suspects("s", "t")
		f.putEach(broker.Low)
		w := f.worker("w")
		w.cycle()
		g := w.cycle(seq(2*broker.FairnessInterval), wantAny(9))
		f.equal("claimed", labelsOf(g.Leases), []string{"s"})
		g = w.cycle(seq(3*broker.FairnessInterval), want(9))
		f.equal("claimed without suspects", labelsOf(g.Leases), []string{"low"})
	}},
	{"a suspect is granted last and alone", func(f *fixture) {
		f.suspects("s", "t")
		f.putEach(broker.Low)
		w := f.worker("w")
		for _, label := range []string{"low", "s", "t"} {
			f.equal("claimed", labelsOf(w.cycle(wantAny(9)).Leases), []string{label})
		}
	}},
	{"a suspect is granted only where it is wanted", func(f *fixture) {
		f.suspects("s")
		w := f.worker("w")
		w.claimed(9)
		f.equal("claimed", labelsOf(w.cycle(wantAny(1)).Leases), []string{"s"})
	}},
	{"a grant has at most MaxBatch leases", func(f *fixture) {
		f.putMany(broker.MaxBatch + 2)
		w := f.worker("w")
		f.equal("first grant", len(w.claim(5*broker.MaxBatch)), broker.MaxBatch)
		f.equal("second grant", len(w.claim(5*broker.MaxBatch)), 2)
	}},
	{"a cycle that wants nothing claims nothing", func(f *fixture) {
		f.put("a")
		w := f.worker("w")
		w.claimed(0)
		w.cycle(wantAny(0))
		f.equal("active", f.info().Active, int64(0))
		w.claimed(1, "a")
	}},
	{"more than MaxBatch messages get in, in order", func(f *fixture) {
		f.putMany(2*broker.MaxBatch + 10)
		w := f.worker("w")
		var got, all []string
		for range 3 {
			got = append(got, labelsOf(w.claim(broker.MaxBatch))...)
		}
		for i := range 2*broker.MaxBatch + 10 {
			all = append(all, fmt.Sprint(i))
		}
		f.equal("claimed", got, all)
	}},
	{"the messages of one call stay together", func(f *fixture) {
		const producers, batches, size = 4, 5, 100
		var wg sync.WaitGroup
		for p := range producers {
			wg.Go(func() {
				for b := range batches {
					f.enqueueTogether(fmt.Sprint(p, "-", b), size)
				}
			})
		}
		wg.Wait()
		w := f.worker("w")
		seen := map[string]bool{}
		for range producers * batches {
			labels := labelsOf(w.claim(size))
			batch := strings.TrimSuffix(labels[0], " 0")
			f.equal("seen before", seen[batch], false)
			for i, label := range labels {
				f.equal("label", label, fmt.Sprint(batch, " ", i))
			}
			seen[batch] = true
		}
	}},
	{"more than MaxBatchBytes of messages get in, in order", func(f *fixture) {
		var all []broker.Message
		for i := range 4 {
			all = append(all, f.task("", payload(byte('a'+i), broker.MaxBatchBytes/2+1)))
		}
		f.enqueue(all...)
		for i, l := range f.worker("w").claim(4) {
			f.equal("payload", l.Payload, all[i].Payload)
		}
	}},
}

// putEach adds one task of each priority, labelled with it.
func (f *fixture) putEach(priorities ...broker.Priority) {
	f.Helper()
	names := map[broker.Priority]string{
		broker.Low: "low", broker.Normal: "normal", broker.High: "high", broker.Critical: "critical",
	}
	for _, p := range priorities {
		f.enqueue(f.task(names[p], priority(p)))
	}
}

// putMany adds n plain tasks with the labels 0, 1, 2 ….
func (f *fixture) putMany(n int) {
	f.Helper()
	messages := make([]broker.Message, n)
	for i := range messages {
		messages[i] = f.task(fmt.Sprint(i))
	}
	f.enqueue(messages...)
}

// enqueueTogether adds n tasks with the labels "batch 0", "batch 1" … in one
// call. It may run in any goroutine.
func (f *fixture) enqueueTogether(batch string, n int) {
	messages := make([]broker.Message, n)
	for i := range messages {
		messages[i] = f.task(fmt.Sprint(batch, " ", i))
	}
	if receipts, err := f.Broker.Enqueue(f.Context(), messages); err != nil || receipts != nil {
		f.Errorf("enqueue: %v, %v", receipts, err)
	}
}

// suspects adds tasks that were lost often enough to be suspects.
func (f *fixture) suspects(labels ...string) {
	f.Helper()
	for _, l := range labels {
		f.enqueue(f.task(l, func(m *broker.Message) { m.Lost = broker.SuspectAfter }))
	}
}
