package redisbroker

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A rig is a broker at a queue, and short words for what tests do with them.
type rig struct {
	*testing.T
	b     *Broker
	queue string
}

func newRig(t *testing.T, b *Broker) *rig { return &rig{t, b, "q"} }

// shared is a rig on the process' one server.
func shared(t *testing.T) *rig {
	s, prefix := sharedServer(t)
	return newRig(t, mustOpen(t, s.URL(), Config{Prefix: prefix + ":", Logger: quiet}))
}

func (r *rig) task(payload string, change ...func(*broker.Message)) broker.Message {
	m := broker.Message{ID: broker.NewID(r.queue, time.Now()), Queue: r.queue, Kind: "test.Task", Max: 3, Payload: []byte(payload)}
	for _, c := range change {
		c(&m)
	}
	return m
}

func (r *rig) tasks(n int, payload string, change ...func(*broker.Message)) []broker.Message {
	all := make([]broker.Message, n)
	for i := range all {
		all[i] = r.task(payload, change...)
	}
	return all
}

// put adds messages; all must get in.
func (r *rig) put(messages ...broker.Message) {
	r.Helper()
	receipts, err := r.b.Enqueue(r.Context(), messages)
	if err != nil || receipts != nil {
		r.Fatalf("enqueue: %v, %v", receipts, err)
	}
}

func (r *rig) info() broker.QueueInfo {
	r.Helper()
	infos, err := r.b.Queues(r.Context(), r.queue)
	if err != nil {
		r.Fatal(err)
	}
	return infos[0]
}

// sound fails for each problem that the audit finds.
func (r *rig) sound() {
	r.Helper()
	for _, problem := range r.b.audit(context.WithoutCancel(r.Context()), r.queue) {
		r.Errorf("audit: %s", problem)
	}
}

// key is the full name of one of the queue's keys.
func (r *rig) key(rest string) string { return r.b.queue(r.queue).prefix + rest }

func (r *rig) do(args ...any) {
	r.Helper()
	if err := r.b.commands.Do(r.Context(), args...).Err(); err != nil {
		r.Fatalf("%v: %v", args, err)
	}
}

// A hand is one session.
type hand struct {
	r    *rig
	next broker.Cycle
}

func (r *rig) hand(name string) *hand {
	return &hand{r, broker.Cycle{Session: broker.Session{Worker: name, Queue: r.queue}, Seq: 1, Lease: 30 * time.Second}}
}

// cycle takes a step that must be answered.
func (h *hand) cycle(want int, settle ...broker.Settle) broker.Grant {
	h.r.Helper()
	h.next.Want = broker.Want{Max: want, Suspects: true}
	h.next.Settle = settle
	g, err := h.r.b.Cycle(h.r.Context(), h.next)
	if err != nil {
		h.r.Fatalf("cycle %d: %v", h.next.Seq, err)
	}
	h.next.Seq++
	return g
}

func (h *hand) leave(settle ...broker.Settle) {
	h.r.Helper()
	h.next.Leave = true
	h.cycle(0, settle...)
}

func ends(o broker.Outcome, leases ...broker.Lease) []broker.Settle {
	all := make([]broker.Settle, len(leases))
	for i := range leases {
		all[i] = broker.Settle{Lease: &leases[i], Outcome: o, Reason: "because", At: time.Now()}
	}
	return all
}

// large is a payload of n bytes.
func large(n int) string { return strings.Repeat("x", n) }
