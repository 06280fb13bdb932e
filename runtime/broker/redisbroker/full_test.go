package redisbroker

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// TestFull fills a server that evicts nothing: adding is refused as a whole,
// everything else goes on, and what was drained makes room.
func TestFull(t *testing.T) {
	s := redistest.Start(t, "--maxmemory-policy", "noeviction")
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet}))
	keep := func(m *broker.Message) { m.Retention = time.Hour }
	r.put(r.tasks(60, large(1000), keep)...)
	r.put(r.tasks(20, "later", func(m *broker.Message) { m.Delay = time.Millisecond })...)
	r.put(r.tasks(1, "unique", func(m *broker.Message) { m.Unique.Key = "k" })...)
	h, dying := r.hand("w"), r.hand("dying")
	dying.next.Lease = time.Second
	if g := dying.cycle(10); len(g.Leases) != 10 {
		t.Fatalf("%d leases", len(g.Leases))
	}
	s.Do(t, "CONFIG", "SET", "maxmemory", "1")

	before := r.info()
	for name, messages := range map[string][]broker.Message{
		"few":       r.tasks(2, "x"),
		"many":      r.tasks(100, "x"),
		"delayed":   r.tasks(1, "x", func(m *broker.Message) { m.Delay = time.Hour }),
		"duplicate": r.tasks(1, "x", func(m *broker.Message) { m.Unique.Key = "k" }),
	} {
		receipts, err := r.b.Enqueue(t.Context(), messages)
		if err != nil || len(receipts) != len(messages) || !errors.Is(receipts[0].Err, broker.ErrFull) {
			t.Errorf("%s: %d receipts, %v: %v", name, len(receipts), receipts[:min(1, len(receipts))], err)
		}
		if after := r.info(); !reflect.DeepEqual(after, before) {
			t.Errorf("%s: half done: %+v, %+v", name, before, after)
		}
	}
	if _, err := Open(t.Context(), s.URL(), Config{Logger: quiet}); err != nil {
		t.Errorf("a full server lets no worker in: %v", err)
	}

	g := h.cycle(12)
	if len(g.Leases) != 12 {
		t.Fatalf("a full server grants %d leases", len(g.Leases))
	}
	h.cycle(0, ends(broker.Done, g.Leases[:4]...)...)
	h.cycle(0, ends(broker.Retry, g.Leases[4:6]...)...)
	h.cycle(0, ends(broker.Dead, g.Leases[6:8]...)...)
	h.cycle(0, ends(broker.Release, g.Leases[8:9]...)...)
	h.cycle(0, ends(broker.Discard, g.Leases[9:10]...)...)
	time.Sleep(time.Until(g.Now.Add(1100 * time.Millisecond))) // the lease of the dying one ends by the server's clock
	h.cycle(0)
	h.leave()
	r.sound()
	if n := r.info(); n.Done != 4 || n.Retried != 2 || n.Died != 2 || n.Discarded != 1 || n.Released != 3 || n.Lost != 10 || n.Active != 0 {
		t.Errorf("%+v", n)
	}
	rest := r.hand("rest")
	for seen := 0; ; {
		g := rest.cycle(20)
		rest.cycle(0, ends(broker.Done, g.Leases...)...)
		if seen += len(g.Leases); len(g.Leases) == 0 && !g.More && g.Again == 0 {
			break
		}
	}
	if n := r.info(); n.Pending+n.Scheduled+n.Active != 0 {
		t.Errorf("a full server cannot be drained: %+v", n)
	}
	s.Do(t, "CONFIG", "SET", "maxmemory", "0")
	r.put(r.tasks(100, "room again")...)
	r.sound()
}

// TestFullAfterALostReply fills the server between a send and its repeat: what
// is in is not refused.
func TestFullAfterALostReply(t *testing.T) {
	for n, last := range map[int]string{1: "EVALSHA", 100: "EXEC"} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			s := redistest.Start(t)
			p := redistest.StartProxy(t, s.Addr())
			r := newRig(t, mustOpen(t, p.URL(), Config{Logger: quiet}))
			r.put(r.tasks(n, "first")...)
			p.DropReplies(1, redistest.Command(last))
			done := make(chan struct{})
			go func() {
				defer close(done)
				for p.Dropped() == 0 {
					time.Sleep(time.Microsecond)
				}
				s.Do(t, "CONFIG", "SET", "maxmemory", "1")
			}()
			r.put(r.tasks(n, "second")...)
			<-done
			if got := r.info(); got.Pending != int64(2*n) {
				t.Errorf("%+v", got)
			}
			r.sound()
		})
	}
}

// TestLimitedBulk: a queue with a limit refuses a transaction once, and its
// messages go one by one.
func TestLimitedBulk(t *testing.T) {
	s := redistest.Start(t)
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet}))
	if err := r.b.Configure(t.Context(), r.queue, broker.Settings{MaxTasks: 100}); err != nil {
		t.Fatal(err)
	}
	r.put(r.tasks(80, "x")...)
	// One transaction with the script's sum, which the server does not know yet,
	// and one with its text.
	if n := s.Info(t, "commandstats", "cmdstat_exec"); !strings.HasPrefix(n, "calls=2,") {
		t.Errorf("transactions: %s", n)
	}
	if n := r.info(); n.Pending != 80 {
		t.Errorf("%+v", n)
	}
}
