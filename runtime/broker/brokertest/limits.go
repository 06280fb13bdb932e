package brokertest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var limitTests = []test{
	{"limits are told as they were set", func(f *fixture) {
		s := broker.Settings{
			Paused: true, Closed: true, MaxTasks: 3, MaxBytes: 1 << 40, Dead: broker.Bounds{Max: 5, Age: time.Hour, Bytes: -1}, Rate: broker.Rate{N: 10, Period: time.Second, Burst: 2}, Concurrency: 4,
			Groups: map[string]broker.Limit{
				"g":   {Rate: broker.Rate{N: 1, Period: time.Hour}, Concurrency: 2, KeyRate: broker.Rate{N: broker.MaxRate, Period: broker.MaxPeriod, Burst: broker.MaxRate}, KeyConcurrency: 1},
				"h.:": {KeyConcurrency: broker.MaxConcurrency},
			},
		}
		f.configure(s)
		s.Version = 1
		f.equal("settings", f.info().Settings, s)
		f.configure(broker.Settings{Rate: broker.Rate{N: 1, Period: 2*time.Millisecond - 1}, Groups: map[string]broker.Limit{"g": {}}})
		f.equal("settings", f.info().Settings, broker.Settings{Version: 2, Rate: broker.Rate{N: 1, Period: time.Millisecond}})
	}},
	{"a group at its rate is told of where none of it waits", func(f *fixture) {
		f.stop().configure(broker.Settings{Groups: map[string]broker.Limit{"g": {Rate: broker.Rate{N: 1, Period: time.Second}}}})
		f.enqueue(f.task("a", group("g", "")))
		w := f.worker("w")
		w.end(broker.Done, w.claimed(1, "a")...)
		f.equal("again", w.cycle(want(1)).Again, time.Second)
		f.equal("of another", f.worker("v").cycle(want(1)).Again, time.Second)
	}},
	{"invalid limits are refused", func(f *fixture) {
		for name, s := range invalidLimits() {
			f.equal(name, f.Broker.Configure(f.Context(), f.queue, s), broker.ErrInvalid)
		}
		f.equal("settings", f.info().Settings, broker.Settings{})
	}},
	{"concurrency bounds how many of a queue are active", func(f *fixture) {
		f.configure(broker.Settings{Concurrency: 3})
		f.put("a", "b")
		f.enqueue(f.numbered("g", "", 3)...)
		w := f.worker("w")
		l := w.claimed(9, "a", "b")
		l = append(l, w.claimed(9, "0")...)
		g := w.cycle(want(9))
		f.equal("nothing, more", [...]bool{len(g.Leases) == 0, g.More}, [...]bool{true, false})
		f.blocks(f.queue)
		f.suspects("s")
		f.equal("a suspect is not held up", labelsOf(w.cycle(wantAny(9)).Leases), []string{"s"})
		g = w.cycle(want(9), settle(ends(broker.Done, l[:2]...)...))
		f.equal("claimed", labelsOf(g.Leases), []string{"1"})
		f.configure(broker.Settings{})
		w.claimed(9, "2")
	}},
	{"concurrency bounds how many of a group are active", func(f *fixture) {
		f.configure(broker.Settings{Groups: map[string]broker.Limit{"g": {Concurrency: 2}}})
		f.enqueue(f.numbered("g", "k", 2)...)
		f.enqueue(f.task("l", group("g", "l")), f.task("low", group("g", "k"), priority(broker.Low)), f.task("h", group("h", "")))
		w := f.worker("w")
		l := w.claimed(9, "0", "1", "h")
		f.equal("more", w.cycle(want(9)).More, false)
		f.blocks(f.queue)
		w.cycle(settle(release(l[1], 0)))
		w.claimed(9, "l")
		w.end(broker.Done, l[0])
		w.claimed(9, "1")
		w.claimed(9)
	}},
	{"concurrency of a key bounds each key", func(f *fixture) {
		f.configure(broker.Settings{Groups: map[string]broker.Limit{"g": {KeyConcurrency: 1}}})
		f.enqueue(f.numbered("g", "k", 3)...)
		f.enqueue(f.task("l", group("g", "l")), f.task("high", group("g", "k"), priority(broker.High)))
		w := f.worker("w")
		l := w.claimed(9, "high")
		w.claimed(9, "l")
		w.claimed(9)
		w.end(broker.Dead, l...)
		for i := range 3 {
			l = w.claimed(9, fmt.Sprint(i))
			f.equal("more", w.cycle(want(9)).More, false)
			w.cycle(settle(retry(l[0], time.Hour)))
		}
	}},
	{"what is lost makes room", func(f *fixture) {
		f.stop().configure(broker.Settings{Groups: map[string]broker.Limit{"g": {Concurrency: 1, KeyConcurrency: 1}}})
		f.enqueue(f.numbered("g", "k", 2)...)
		w, other := f.worker("w"), f.worker("other")
		w.claimed(9, "0")
		other.claimed(9)
		f.advance(lease)
		f.equal("more", other.cycle().More, true)
		other.claimed(9, "0")
		other.claimed(9)
	}},
	{"who waits is woken when there is room", func(f *fixture) {
		f.configure(broker.Settings{Groups: map[string]broker.Limit{"g": {Concurrency: 1}}})
		f.enqueue(f.numbered("g", "k", 2)...)
		w := f.worker("w")
		l := w.claimed(9, "0")
		f.blocks(f.queue)
		woken := f.waiting(f.queue)
		w.end(broker.Done, l...)
		f.equal("queue", receive(f, woken), f.queue)
	}},
	{"runs are counted whatever was set when they began", func(f *fixture) {
		limit := func(n int64) {
			f.configure(broker.Settings{Groups: map[string]broker.Limit{"g": {Concurrency: n, KeyConcurrency: n}}})
		}
		f.enqueue(f.numbered("g", "k", 6)...)
		w := f.worker("w")
		l := w.claimed(2, "0", "1")
		limit(2)
		w.claimed(9)
		limit(3)
		l = append(l, w.claimed(9, "2")...)
		limit(1)
		w.end(broker.Done, l[:2]...)
		w.claimed(9)
		w.end(broker.Done, l[2])
		w.claimed(9, "3")
		limit(0)
		w.claimed(9, "4", "5")
	}},
	{"a rate lets a burst begin, then one after the other", func(f *fixture) {
		f.stop().configure(broker.Settings{Groups: map[string]broker.Limit{"g": {Rate: broker.Rate{N: 2, Period: time.Second, Burst: 3}}}})
		f.enqueue(f.numbered("g", "k", 9)...)
		w := f.worker("w")
		g := w.cycle(want(9))
		f.equal("burst", len(g.Leases), 3)
		f.equal("more, again", [...]any{g.More, g.Again}, [...]any{false, 500 * time.Millisecond})
		w.end(broker.Done, g.Leases...)
		f.advance(499 * time.Millisecond)
		w.claimed(9)
		f.advance(time.Millisecond)
		w.claimed(9, "3")
		f.advance(time.Hour)
		f.equal("no more than a burst", len(w.claim(9)), 3)
	}},
	{"a token does not come back", func(f *fixture) {
		f.stop().configure(broker.Settings{Groups: map[string]broker.Limit{"g": {KeyRate: broker.Rate{N: 1, Period: time.Minute}}}})
		f.enqueue(f.numbered("g", "k", 2)...)
		f.enqueue(f.numbered("g", "l", 1)...)
		w := f.worker("w")
		l := w.claimed(1, "0")
		w.cycle(settle(release(l[0], 0)))
		w.claimed(9, "0")
		g := w.cycle(want(9))
		f.equal("leases, again", [...]any{len(g.Leases), g.Again}, [...]any{0, time.Minute})
	}},
	{"a rate of a queue holds for all of it", func(f *fixture) {
		f.stop().configure(broker.Settings{Rate: broker.Rate{N: 3, Period: 10 * time.Millisecond, Burst: 2}})
		f.put("a", "b", "c")
		f.enqueue(f.numbered("g", "k", 2)...)
		w := f.worker("w")
		w.claimed(9, "a", "b")
		g := w.cycle(wantAny(9))
		f.equal("again", g.Again, 4*time.Millisecond)
		f.suspects("s")
		f.equal("a suspect is not held up", labelsOf(w.cycle(wantAny(9)).Leases), []string{"s"})
		f.advance(4 * time.Millisecond)
		w.claimed(9, "0")
		f.advance(10 * time.Millisecond)
		w.claimed(1, "c")
		w.claimed(9, "1")
		f.equal("again", w.cycle(want(9)).Again, time.Duration(0))
	}},
	{"who waits for a token wakes with it", func(f *fixture) {
		f.configure(broker.Settings{Rate: broker.Rate{N: 1, Period: soon}})
		f.put("a", "b")
		f.worker("w").claimed(2, "a")
		f.equal("queue", f.wait(f.queue), f.queue)
	}},
	{"a rate of 10 a second over 4 sessions lets 10 begin", func(f *fixture) {
		f.stop().configure(broker.Settings{Rate: broker.Rate{N: 10, Period: time.Second}})
		f.putMany(100)
		var workers []*worker
		for i := range 4 {
			workers = append(workers, f.worker(name("w", i)))
		}
		for second := range 4 {
			begun := 0
			for range 100 {
				for _, w := range workers {
					l := w.claim(5)
					begun += len(l)
					w.end(broker.Done, l...)
				}
				f.advance(10 * time.Millisecond)
			}
			f.equal(fmt.Sprintf("%d in second %d are 10", begun, second), begun, 10)
		}
	}},
	{"one after the other means that, under many workers", func(f *fixture) {
		f.configure(broker.Settings{Groups: map[string]broker.Limit{"g": {KeyConcurrency: 1}}})
		s := serial{f: f}
		s.run()
		for k := range serialKeys {
			f.equal("order", s.ran[k], labelsUpTo(serialTasks))
		}
	}},
}

const serialKeys, serialTasks = 5, 40

// A serial is many workers at keys of which one task runs at a time.
type serial struct {
	f       *fixture
	running [serialKeys]atomic.Int32
	mu      sync.Mutex
	ran     [serialKeys][]string
	left    atomic.Int32
}

func (s *serial) run() {
	for k := range serialKeys {
		s.f.enqueue(s.f.numbered("g", fmt.Sprint(k), serialTasks)...)
	}
	s.left.Store(serialKeys * serialTasks)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() { s.work(s.f.worker(name("w", i))) })
	}
	wg.Wait()
}

func (s *serial) work(w *worker) {
	deadline := time.Now().Add(patience)
	for s.left.Load() > 0 && time.Now().Before(deadline) {
		g, err := w.try(want(3))
		if err != nil {
			s.f.Errorf("cycle: %v", err)
			return
		}
		for i := range g.Leases {
			s.begin(&g.Leases[i])
		}
		for i := range g.Leases {
			s.running[g.Leases[i].Key[0]-'0'].Add(-1)
		}
		if _, err := w.try(settle(ends(broker.Done, g.Leases...)...)); err != nil {
			s.f.Errorf("cycle: %v", err)
			return
		}
		s.left.Add(-int32(len(g.Leases)))
	}
}

func (s *serial) begin(l *broker.Lease) {
	k := l.Key[0] - '0'
	if n := s.running[k].Add(1); n != 1 {
		s.f.Errorf("%d tasks of key %d run", n, k)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ran[k] = append(s.ran[k], string(l.Payload))
}

func labelsUpTo(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint(i))
	}
	return all
}

func invalidLimits() map[string]broker.Settings {
	of := func(l broker.Limit) broker.Settings { return broker.Settings{Groups: map[string]broker.Limit{"g": l}} }
	many := broker.Settings{Groups: map[string]broker.Limit{}}
	for i := range broker.MaxLimits + 1 {
		many.Groups[fmt.Sprint(i)] = broker.Limit{Concurrency: 1}
	}
	return map[string]broker.Settings{
		"concurrency":     {Concurrency: -1},
		"no period":       {Rate: broker.Rate{N: 1}},
		"short period":    {Rate: broker.Rate{N: 1, Period: time.Millisecond - 1}},
		"long period":     {Rate: broker.Rate{N: 1, Period: broker.MaxPeriod + 1}},
		"no number":       {Rate: broker.Rate{Period: time.Second}},
		"large number":    {Rate: broker.Rate{N: broker.MaxRate + 1, Period: time.Second}},
		"large burst":     {Rate: broker.Rate{N: 1, Period: time.Second, Burst: broker.MaxRate + 1}},
		"group's name":    {Groups: map[string]broker.Limit{"no spaces": {Concurrency: 1}}},
		"group":           of(broker.Limit{Concurrency: broker.MaxConcurrency + 1}),
		"key":             of(broker.Limit{KeyConcurrency: -1}),
		"group's rate":    of(broker.Limit{Rate: broker.Rate{N: -1, Period: time.Second}}),
		"key's rate":      of(broker.Limit{KeyRate: broker.Rate{N: 1, Period: time.Second, Burst: -1}}),
		"too many groups": many,
	}
}
