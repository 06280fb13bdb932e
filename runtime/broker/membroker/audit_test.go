package membroker

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var corruptions = map[string]struct {
	corrupt func(q *queue)
	problem string // part of what the audit must say
}{
	"a task twice in a lane":      {func(q *queue) { q.lanes[0].pushBack(q.lanes[0].at(0)) }, "is in 2 places"},
	"a pending task that is lost": {func(q *queue) { q.lanes[0].popFront() }, "11 tasks are known, 10 are somewhere"},
	"the wrong lane":              {func(q *queue) { q.lanes[1].pushBack(q.lanes[0].popFront()) }, "is in lane 1, it belongs to lane 0"},
	"a wrong state":               {func(q *queue) { q.lanes[0].at(0).state = broker.Active }, "is among the pending ones, its state says active"},
	"a task without an entry":     {func(q *queue) { delete(q.tasks, q.lanes[0].at(0).ID) }, "cannot be found by its ID"},
	"a delay that stays":          {func(q *queue) { q.lanes[0].at(0).Delay = 1 }, "keeps its delay"},
	"a task that is not ready":    {func(q *queue) { q.lanes[0].at(0).Ready = time.Time{} }, "was never ready"},
	"a schedule out of order": {func(q *queue) {
		slices.Reverse(q.scheduled.moments)
	}, "the schedule is out of order at 1"},
	"another due time":            {func(q *queue) { q.scheduled.moments[0].value.Ready = time.Now() }, "is due at"},
	"another scheduled id":        {func(q *queue) { q.scheduled.moments[0].id = broker.ID{1} }, "stands in the schedule as"},
	"another worker's session":    {func(q *queue) { q.sessions["w"].worker = "v" }, "session w calls itself v"},
	"a fenced session":            {func(q *queue) { q.sessions["idle"].fenced = true }, "session idle is fenced and holds nothing"},
	"a claim of the future":       {func(q *queue) { q.sessions["w"].claims[0].seq = 99 }, "claim 99 of w stands after 0"},
	"an empty claim":              {func(q *queue) { q.sessions["w"].claims[0].tasks[3] = nil }, "claim 1 holds nothing"},
	"a claim that counts wrong":   {func(q *queue) { q.sessions["w"].claims[0].left = 2 }, "claim 1 holds 1 tasks, it says 2"},
	"a session in no roster":      {func(q *queue) { q.idle = nil }, "2 sessions are known, 1 stand in a roster"},
	"a session in the wrong one":  {func(q *queue) { q.idle, q.holding = q.holding, q.idle }, "session w with 2 claims stands in the wrong roster"},
	"a forgotten session":         {func(q *queue) { delete(q.sessions, "idle") }, "session idle is forgotten and stands in a roster"},
	"a roster out of order":       {func(q *queue) { q.idle = append(q.idle, q.idle[0]) }, "the rosters are out of order at idle"},
	"dead letters out of order":   {func(q *queue) { slices.Reverse(q.dead) }, "the dead letters are out of order at 1"},
	"an outcome for ever":         {func(q *queue) { q.fading.pop() }, "never expires"},
	"an outcome of a living task": {func(q *queue) { q.outcomes[q.dead[0].ID] = &outcome{} }, "has an outcome and has not ended"},
	"a key of the dead":           {func(q *queue) { q.unique["x"] = hold{id: q.dead[0].ID} }, `the unique key "x" is held by`},
	"a key that is not held":      {func(q *queue) { delete(q.unique, "key") }, `does not hold its unique key "key"`},
	"a window for ever":           {func(q *queue) { q.lapsing.pop() }, `the window of the unique key "window" never ends`},
	"a grouped task twice":        {func(q *queue) { l := ofKey(q, "ready"); l.tasks.pushBack(l.tasks.at(0)) }, "is in 2 places"},
	"a lane that is nowhere":      {func(q *queue) { q.unstand(ofKey(q, "ready")) }, "is ready: false, aside: false"},
	"a lane in two places":        {func(q *queue) { ofKey(q, "ready").aside = true }, "is ready: true, aside: true"},
	"a lane of another key":       {func(q *queue) { ofKey(q, "ready").key.name = "x" }, "calls itself"},
	"a lane in no ring":           {func(q *queue) { q.groups["g"].ready[0] = nil }, "in the ring: false"},
	"a lane aside for nothing":    {func(q *queue) { ofKey(q, "held").key.flying = 0 }, "is aside for ever and has room for 1"},
	"a lane aside in no list":     {func(q *queue) { q.aside = nil }, "is aside and in no list"},
	"a group that is nowhere":     {func(q *queue) { q.rings[0] = nil }, "should be ready: true, is: false"},
	"active of a key":             {func(q *queue) { ofKey(q, "held").key.flying++ }, `1 tasks of key "held" of g are active, 2 are counted`},
	"active of a group":           {func(q *queue) { q.groups["g"].flying-- }, "1 tasks of group g are active, 0 are counted"},
	"tasks of groups":             {func(q *queue) { q.grouped++ }, "2 tasks wait in groups, 3 are counted"},
	"a key that is forgotten":     {func(q *queue) { delete(q.groups["g"].keys, "held") }, "1 keys have active tasks and are forgotten"},
	"a task parked twice":         {func(q *queue) { s := everyShape; q.parked[s] = append(q.parked[s], q.parked[s][0]) }, "is in 2 places"},
	"a parked task out of order":  {func(q *queue) { q.parked[everyShape][0].order = 0 }, "was parked as number 0, behind 0"},
	"parked as another":           {func(q *queue) { q.parked[broker.Shape{Kind: "x"}] = q.parked[everyShape] }, "is parked among {x 0}"},
	"a shape of nothing":          {func(q *queue) { q.parked[broker.Shape{Kind: "x"}] = nil }, "no task of {x 0} is parked"},
	"parked miscounted":           {func(q *queue) { q.counts.Parked++ }, "1 tasks are parked, 2 are counted"},
	"active miscounted":           {func(q *queue) { q.counts.Active++ }, "2 tasks are active, 3 are counted"},
	"dead miscounted":             {func(q *queue) { q.counts.Died-- }, "2 tasks are dead, 1 have died"},
	"done miscounted":             {func(q *queue) { q.counts.Done++ }, "12 tasks were enqueued, 11 are here, 2 done, 0 discarded"},
}

func TestAuditSees(t *testing.T) {
	for name, c := range corruptions {
		t.Run(name, func(t *testing.T) {
			b := everything(t)
			if problems := b.Audit("q"); problems != nil {
				t.Fatalf("a sound queue has problems: %q", problems)
			}
			c.corrupt(b.queues["q"])
			problems := b.Audit("q")
			if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, c.problem) }) {
				t.Errorf("problems: %q\nwant one with %q", problems, c.problem)
			}
		})
	}
}

func TestAuditOfAnUnknownQueue(t *testing.T) {
	if problems := New(Config{}).Audit("never"); problems != nil {
		t.Errorf("problems: %q", problems)
	}
}

// everyShape is that of the task that everything parks.
var everyShape = broker.Shape{Kind: "test.Parked"}

// everything makes a queue with something in every structure: two pending
// tasks, two scheduled, one active, one parked, two dead and one done; one key is held by a
// task and one for a window.
func everything(t *testing.T) *Broker {
	t.Helper()
	now := time.UnixMilli(1_000_000)
	b := New(Config{Now: func() time.Time { return now }})
	send(t, b, critical("done"), critical("dead"), critical("dead later"), critical("active"))
	w := broker.Cycle{
		Session: broker.Session{Worker: "w", Queue: "q"}, Seq: 1, Lease: time.Minute, Want: broker.Want{Max: 4},
	}
	leases := ask(t, b, w).Leases
	now = now.Add(time.Second)
	ends := []broker.Settle{{Lease: &leases[0], Outcome: broker.Done}, {Lease: &leases[1], Outcome: broker.Dead}}
	w.Seq, w.Want, w.Settle = 2, broker.Want{}, ends
	ask(t, b, w)
	now = now.Add(time.Second)
	w.Seq, w.Settle = 3, []broker.Settle{{Lease: &leases[2], Outcome: broker.Dead}}
	ask(t, b, w)
	ask(t, b, broker.Cycle{Session: broker.Session{Worker: "idle", Queue: "q"}, Seq: 1, Lease: time.Minute})
	keyed, windowed, soon, late := critical("keyed"), critical("windowed"), critical("soon"), critical("late")
	parked := critical("parked")
	parked.Kind = everyShape.Kind
	one, two, three := critical("one"), critical("two"), critical("three")
	one.Group, one.Key, two.Group, two.Key, three.Group, three.Key = "g", "held", "g", "held", "g", "ready"
	limits := broker.Settings{Groups: map[string]broker.Limit{"g": {KeyConcurrency: 1}}}
	if err := b.Configure(t.Context(), "q", limits); err != nil {
		t.Fatal(err)
	}
	send(t, b, one, two, three)
	w.Seq, w.Want, w.Settle = 4, broker.Want{Max: 1}, nil
	ask(t, b, w)
	send(t, b, parked)
	w.Seq, w.Want = 5, broker.Want{Max: 1}
	leases = ask(t, b, w).Leases
	w.Seq, w.Want, w.Settle = 6, broker.Want{}, []broker.Settle{{Lease: &leases[0], Outcome: broker.Park}}
	ask(t, b, w)
	keyed.Unique.Key = "key"
	windowed.Unique = broker.Unique{Key: "window", Window: time.Hour}
	soon.Delay, late.Delay = time.Second, time.Hour
	send(t, b, keyed, windowed, soon, late)
	return b
}

// ofKey is the lane of one of the two keys of a group: one is held up.
func ofKey(q *queue, key string) *lane { return q.groups["g"].keys[key].lanes[0] }

// critical makes a task for lane 0.
func critical(label string) broker.Message {
	return broker.Message{
		ID: broker.NewID("q", time.Now()), Queue: "q", Kind: "test.Task", Max: 1,
		Priority: broker.Critical, Retention: time.Hour, Payload: []byte(label),
	}
}

func send(t *testing.T, b *Broker, messages ...broker.Message) {
	t.Helper()
	if receipts, err := b.Enqueue(t.Context(), messages); err != nil || receipts != nil {
		t.Fatal(receipts, err)
	}
}

func ask(t *testing.T, b *Broker, c broker.Cycle) broker.Grant {
	t.Helper()
	g, err := b.Cycle(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}
