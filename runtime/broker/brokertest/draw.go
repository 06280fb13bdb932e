package brokertest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// What a machine chooses from. The usual comes first: rapid shrinks to there.
var (
	pauses     = []time.Duration{time.Millisecond, 10 * time.Millisecond, time.Second, 2 * time.Second, 11 * time.Second, time.Minute, time.Hour}
	leases     = []time.Duration{time.Second, 3 * time.Second, 10 * time.Second, 2*time.Second - 1}
	wants      = []int{1, 2, 5, 50, 0, broker.MaxBatch + 1}
	delays     = []time.Duration{0, time.Second, time.Millisecond, time.Minute, time.Millisecond - 1, time.Second - 1}
	retentions = []time.Duration{0, time.Second, time.Hour, 2*time.Millisecond - 1}
	windows    = []time.Duration{0, time.Second, time.Minute, 2*time.Millisecond - 1}
	losses     = []uint8{0, 0, 0, 1, broker.SuspectAfter, broker.LostLimit - 1}
	groups     = []string{"a", "b", "a-"}
	keys       = []string{"", "x", "xy", "\xff"}
	taskKinds  = []string{"test.Other", "test", "test.Task"}
	rates      = []broker.Rate{{}, {N: 1, Period: time.Second}, {N: 3, Period: 7 * time.Millisecond, Burst: 2}, {N: 7, Period: time.Minute, Burst: 10}}
	slots      = []int64{0, 1, 2, 7}
	onces      = []string{"hourly", "daily"}
	reasons    = []string{"failed", "", strings.Repeat("ü", broker.MaxReasonBytes)}
)

func pick[T any](m *machine, what string, from []T) T { return from[m.dice.roll(what, len(from))] }

// chance is true once in n times.
func (m *machine) chance(what string, n int) bool { return m.dice.roll(what, n) == n-1 }

func (m *machine) workerName() string {
	m.born++
	return fmt.Sprintf("w%d", m.born*7%100) // their order by name is not that of their birth
}

// id makes an ID that depends on nothing but the clock and the number of IDs
// so far, so that a run can be repeated. Those of one millisecond are in no
// order.
func (m *machine) id() broker.ID {
	m.made++
	id, mixed := broker.NewID(machineQueue, m.now), m.made*0x9e3779b97f4a7c15
	id[9] &= 0xc0
	for i := range 6 {
		id[10+i] = byte(mixed >> (56 - 8*i))
	}
	return id
}

func (m *machine) messages(n int) []broker.Message {
	messages := make([]broker.Message, n)
	for i := range messages {
		messages[i] = m.message()
	}
	return messages
}

// alike makes messages that a store may add in one go: of one lane, to be run
// at once, without keys.
func (m *machine) alike(n int) []broker.Message {
	priority, retention, lost := m.priority(), pick(m, "retention", retentions), pick(m, "lost", losses)
	group, key := "", ""
	if m.chance("grouped", 3) {
		group, key = pick(m, "group", groups), pick(m, "key", keys)
	}
	padding := make([]byte, pick(m, "padding", []int{0, 100, 5000}))
	messages := make([]broker.Message, n)
	for i := range messages {
		msg := m.plain()
		msg.Priority, msg.Retention, msg.Lost = priority, retention, lost
		msg.Group, msg.Key = group, key
		msg.Payload = append(msg.Payload, padding...)
		messages[i] = msg
	}
	return messages
}

// limits makes limits on what may begin, most of them none.
func (m *machine) limits() broker.Settings {
	var s broker.Settings
	if m.chance("bytes", 8) {
		s.MaxBytes = 1 // whatever waits is more, however a store counts
	}
	if m.chance("bounds", 3) {
		s.Dead = broker.Bounds{Max: pick(m, "letters", slots), Age: pick(m, "age", retentions), Bytes: pick(m, "bytes", []int64{0, 1 << 40, 1, -1})}
	}
	if m.chance("of the queue", 3) {
		s.Rate, s.Concurrency = pick(m, "rate", rates), pick(m, "concurrency", slots)
	}
	for _, group := range groups {
		if m.chance("of the group", 2) {
			continue
		}
		if s.Groups == nil {
			s.Groups = map[string]broker.Limit{}
		}
		s.Groups[group] = broker.Limit{
			Rate: pick(m, "rate", rates), Concurrency: pick(m, "concurrency", slots),
			KeyRate: pick(m, "key rate", rates), KeyConcurrency: pick(m, "key concurrency", slots),
		}
	}
	return s
}

func (m *machine) priority() broker.Priority { return broker.Priority(m.dice.roll("priority", 4) - 1) }

// plain makes a message that asks for nothing.
func (m *machine) plain() broker.Message {
	id := m.id()
	return broker.Message{
		ID: id, Queue: machineQueue, Kind: "test.Task", Max: 4, Payload: fmt.Appendf(nil, "%d", m.made),
	}
}

// message makes a message that may ask for anything.
func (m *machine) message() broker.Message {
	msg := m.plain()
	msg.Priority, msg.Retention, msg.Lost = m.priority(), pick(m, "retention", retentions), pick(m, "lost", losses)
	if m.chance("grouped", 2) {
		msg.Group, msg.Key = pick(m, "group", groups), pick(m, "key", keys)
	}
	switch m.dice.roll("time", 8) {
	case 5, 6:
		msg.Delay = pick(m, "delay", delays)
	case 7:
		msg.Due = m.now.Add(time.Duration(m.dice.roll("due", 4)-1) * (time.Second - time.Microsecond))
	}
	if m.chance("unique", 4) {
		msg.Unique = broker.Unique{Key: pick(m, "key", []string{"a", "b", "c"}), Window: pick(m, "window", windows)}
	}
	if m.chance("once", 8) {
		msg.Once = broker.Once{Name: pick(m, "once", onces), Seq: int64(1 + m.made/uint64(1+m.dice.roll("once seq", 3)))}
	}
	if m.chance("rich", 8) {
		m.enrich(&msg)
	}
	if m.chance("other kind", 3) {
		msg.Kind, msg.Version = pick(m, "kind", taskKinds), uint16(m.dice.roll("shape", 3))
	}
	return msg
}

// enrich sets what a store only carries.
func (m *machine) enrich(msg *broker.Message) {
	msg.Version, msg.Attempts, msg.LostBefore, msg.Timeout, msg.Expires = 3, 2, 7, time.Minute, time.Hour
	msg.Headers = []broker.Header{{Key: "k", Value: "v"}}
	for i := range m.dice.roll("failures", broker.MaxFailures+1) {
		msg.Failures = append(msg.Failures, broker.Failure{At: m.now, Attempt: uint8(i), Reason: "failed"})
	}
}

// A parcel is a message that may be sent again, and since when it is in.
type parcel struct {
	broker.Message
	in time.Time // zero if it was refused
}

// enqueue sends new messages.
func (m *machine) enqueue(messages []broker.Message) {
	refused := m.offer(messages)
	for i := range messages {
		m.note(messages[i], refused[i])
	}
}

// offer sends messages and tells which were refused.
func (m *machine) offer(messages []broker.Message) (refused map[int]bool) {
	for i := range messages {
		m.tb.Logf("%+v", messages[i])
	}
	receipts, _ := both(m, "receipts", func(b broker.Broker) ([]broker.Receipt, error) {
		receipts, err := b.Enqueue(m.tb.Context(), messages)
		for i := range receipts {
			receipts[i].Err = kind(receipts[i].Err)
		}
		return receipts, err
	})
	refused = map[int]bool{}
	for _, r := range receipts {
		refused[r.Index] = true
	}
	return refused
}

// note remembers a new message.
func (m *machine) note(msg broker.Message, refused bool) {
	m.known = append(m.known, msg.ID)
	switch {
	case refused:
		m.sent = append(m.sent, parcel{Message: msg})
	case msg.Unique.Key != "":
		m.sent = append(m.sent, parcel{msg, m.now})
	}
}

// sendAgain sends a message under its ID again, where the contract allows it:
// alone, or twice with a new one between.
func (m *machine) sendAgain() {
	if len(m.sent) == 0 {
		return
	}
	p := &m.sent[len(m.sent)-1-m.dice.roll("parcel", min(len(m.sent), 10))]
	if !m.resendable(p) {
		return
	}
	messages := []broker.Message{p.Message}
	if p.Unique.Key != "" && m.chance("twice", 3) {
		messages = append(messages, m.message(), p.Message)
	}
	refused := m.offer(messages)
	if p.in.IsZero() && !refused[0] {
		p.in = m.now
	}
	if len(messages) > 1 {
		m.note(messages[1], refused[1])
	}
}

// resendable reports whether a message never got in or holds its unique key.
func (m *machine) resendable(p *parcel) bool {
	switch {
	case p.in.IsZero():
		return true
	case p.Unique.Window >= time.Millisecond:
		return m.now.Before(p.in.Add(p.Unique.Window.Truncate(time.Millisecond)))
	}
	e := m.found([]broker.ID{p.ID})[0]
	waits := e.State == broker.Pending || e.State == broker.Scheduled || e.State == broker.Parked || e.State == broker.Active
	return waits && e.Message.Unique.Key != "" // a requeued one may have lost it
}

// settles ends some of a worker's leases, in any order. Among them may be
// leases that it has settled or lost, and those of another worker.
func (m *machine) settles(w *driver) (all []broker.Settle) {
	open := slices.Clone(w.held)
	n := min(len(open), pick(m, "settles", []int{1, 0, 2, 5, broker.MaxBatch}))
	same := m.chance("one outcome", 2)
	s := m.settle()
	for range n {
		if !same {
			s = m.settle()
		}
		i := m.dice.roll("lease", min(len(open), 100))
		s.Lease = &open[i]
		all = append(all, s)
		open = append(slices.Clone(open[:i]), open[i+1:]...)
	}
	if m.chance("strange leases", 4) {
		all = append(all, m.strange(w, all)...)
	}
	return all
}

// strange settles leases that are not to be settled: twice, again, or by the
// wrong worker.
func (m *machine) strange(w *driver, settled []broker.Settle) (all []broker.Settle) {
	var pool []broker.Lease
	for i := range min(3, len(settled)) {
		pool = append(pool, *settled[i].Lease)
	}
	pool = append(pool, w.past[max(0, len(w.past)-5):]...)
	for _, other := range m.workers {
		if other != w {
			pool = append(pool, other.held[:min(3, len(other.held))]...)
		}
	}
	for i := range pool {
		foreign := !slices.ContainsFunc(w.held, func(l broker.Lease) bool { return sameLease(&l, &pool[i]) })
		if s := m.settle(); foreign || i < min(3, len(settled)) {
			s.Lease = &pool[i]
			all = append(all, s)
		}
	}
	return all
}

// settle draws how a run ends.
func (m *machine) settle() broker.Settle {
	s := broker.Settle{
		Outcome: broker.Done + broker.Outcome(m.dice.roll("outcome", 6)),
		At:      m.now.Add(-time.Duration(m.dice.roll("microseconds", 3000)) * time.Microsecond),
	}
	switch s.Outcome {
	case broker.Done:
		s.Result = pick(m, "result", [][]byte{nil, []byte("result")})
	case broker.Retry:
		s.After, s.Reason = pick(m, "after", delays), pick(m, "reason", reasons)
	case broker.Release, broker.Park:
		s.After = pick(m, "after", delays)
	default:
		s.Reason = pick(m, "reason", reasons)
	}
	return s
}
