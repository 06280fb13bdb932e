package brokertest

import (
	"errors"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var uniqueTests = []test{
	{"a unique key is held until its task is done", func(f *fixture) {
		f.freed(func(l broker.Lease) broker.Settle { return done(l, "") })
	}},
	{"a unique key is held until its task is dead", func(f *fixture) {
		f.freed(func(l broker.Lease) broker.Settle { return dead(l, "broken") })
	}},
	{"a unique key is held until its task is discarded", func(f *fixture) {
		f.freed(func(l broker.Lease) broker.Settle { return discard(l, "obsolete") })
	}},
	{"a unique key outlives retries, releases and losses", func(f *fixture) {
		a := f.stop().task("a", unique("key", 0))
		f.enqueue(a)
		w := f.worker("w")
		for _, s := range []func(l broker.Lease) broker.Settle{
			func(l broker.Lease) broker.Settle { return retry(l, 0) },
			func(l broker.Lease) broker.Settle { return retry(l, time.Second) },
			func(l broker.Lease) broker.Settle { return release(l, 0) },
			func(l broker.Lease) broker.Settle { return release(l, time.Second) },
		} {
			w.cycle(settle(s(w.claimed(1, "a")[0])))
			f.duplicate(a.ID, unique("key", 0))
			f.advance(time.Second)
		}
		w.claimed(1, "a")
		f.advance(lease)
		f.worker("other").cycle()
		f.duplicate(a.ID, unique("key", 0))
	}},
	{"a unique key of a scheduled task is held", func(f *fixture) {
		a := f.stop().task("a", unique("key", 0), delay(time.Hour))
		f.enqueue(a)
		f.duplicate(a.ID, unique("key", 0), delay(time.Minute))
		f.advance(time.Hour)
		f.duplicate(a.ID, unique("key", 0))
	}},
	{"a window ends by the store's clock", func(f *fixture) {
		a := f.stop().task("a", unique("key", time.Minute))
		f.enqueue(a)
		f.advance(time.Minute - time.Millisecond)
		f.duplicate(a.ID, unique("key", time.Minute))
		f.advance(time.Millisecond)
		b := f.task("b", unique("key", time.Minute))
		f.enqueue(b)
		f.advance(time.Minute - time.Millisecond)
		f.duplicate(b.ID, unique("key", 0))
	}},
	{"a window outlives retries and losses, and not a millisecond more", func(f *fixture) {
		a := f.stop().task("a", unique("key", 3*lease))
		f.enqueue(a)
		w := f.worker("w")
		w.cycle(settle(retry(w.claimed(1, "a")[0], 0)))
		w.claimed(1, "a")
		f.advance(lease)
		f.worker("other").cycle()
		f.advance(2*lease - time.Millisecond)
		f.duplicate(a.ID, unique("key", 0))
		f.advance(time.Millisecond)
		f.enqueue(f.task("b", unique("key", 0)))
	}},
	{"the end of a task frees the key that it holds without a window only", func(f *fixture) {
		a, b := f.stop().task("a", unique("one", time.Minute)), f.task("b", unique("two", 0))
		f.enqueue(a, b)
		w := f.worker("w")
		w.end(broker.Discard, w.claimed(9, "a", "b")...)
		f.duplicate(a.ID, unique("one", 0))
		f.enqueue(f.task("c", unique("two", 0)))
	}},
	{"a refused message may come again under its id", func(f *fixture) {
		a, b := f.task("a", unique("key", 0)), f.task("b", unique("key", 0))
		f.enqueue(a)
		f.equal("receipts", len(f.offer(b)), 1)
		w := f.worker("w")
		w.end(broker.Done, w.claimed(9, "a")...)
		f.enqueue(b)
		w.claimed(9, "b")
	}},
	{"a window outlives its task", func(f *fixture) {
		a := f.stop().task("a", unique("key", time.Minute))
		f.enqueue(a)
		w := f.worker("w")
		w.end(broker.Done, w.claimed(1, "a")...)
		f.duplicate(a.ID, unique("key", time.Minute))
		f.advance(time.Minute)
		f.enqueue(f.task("b", unique("key", time.Minute)))
	}},
	{"thousands of windows end at once", func(f *fixture) {
		f.stop()
		batch := func() (all []broker.Message) {
			for i := range 3 * broker.MaxBatch {
				all = append(all, f.task("x", unique(name("key", i), time.Second)))
			}
			return all
		}
		f.enqueue(batch()...)
		f.advance(time.Second)
		second := batch()
		f.enqueue(second...)
		receipts := f.offer(batch()...)
		f.equal("receipts", len(receipts), len(second))
		for i, r := range receipts {
			if r.Index != i || r.Existing != second[i].ID || !errors.Is(r.Err, broker.ErrDuplicate) {
				f.Fatalf("receipt %d: %+v", i, r)
			}
		}
		f.advance(time.Second - time.Millisecond)
		f.duplicate(second[0].ID, unique(name("key", 0), time.Second))
		f.duplicate(second[2999].ID, unique(name("key", 2999), time.Second))
	}},
	{"the end of an old task does not free the key of a new one", func(f *fixture) {
		f.stop().enqueue(f.task("a", unique("key", time.Second)))
		w := f.worker("w")
		old := w.claimed(1, "a")
		f.advance(time.Second)
		b := f.task("b", unique("key", 0))
		f.enqueue(b)
		w.end(broker.Done, old...)
		f.duplicate(b.ID, unique("key", 0))
	}},
	{"a repeat under the same id is the same task", func(f *fixture) {
		a := f.task("a", unique("key", 0))
		f.enqueue(a)
		f.enqueue(a, f.task("b"), a)
		w := f.worker("w")
		w.claimed(9, "a", "b")
		f.enqueue(a)
		w.claimed(9)
		f.equal("enqueued", f.info().Enqueued, int64(2))
	}},
	{"a repeat in the window after the end is the same task", func(f *fixture) {
		a := f.stop().task("a", unique("key", time.Minute))
		f.enqueue(a)
		w := f.worker("w")
		w.end(broker.Done, w.claimed(1, "a")...)
		f.advance(time.Second)
		f.enqueue(a)
		w.claimed(1)
	}},
	{"a batch does not get in the same key twice", func(f *fixture) {
		a, b, c := f.task("a", unique("key", 0)), f.task("b", unique("key", 0)), f.task("c", unique("other", 0))
		d := f.task("d", unique("key", time.Minute))
		receipts := f.offer(a, b, c, d)
		f.equal("receipts", receipts, []broker.Receipt{
			{Index: 1, Existing: a.ID, Err: broker.ErrDuplicate},
			{Index: 3, Existing: a.ID, Err: broker.ErrDuplicate},
		})
		f.worker("w").claimed(9, "a", "c")
		n := f.info()
		f.equal("enqueued", n.Enqueued, int64(2))
		f.equal("unknown", f.find(b.ID).State, broker.StateUnknown)
	}},
	{"each queue has its own keys", func(f *fixture) {
		f.enqueue(f.task("a", unique("key", 0)))
		f.enqueue(f.task("b", unique("key", 0), func(m *broker.Message) { m.Queue = "other" }))
	}},
	{"a key may hold any bytes", func(f *fixture) {
		for _, key := range []string{"a b", "ключ", "{x}", "\x00\xff", "a:b", "'\"\n"} {
			a := f.task("a", unique(key, 0))
			f.enqueue(a)
			f.duplicate(a.ID, unique(key, 0))
		}
	}},
}

// freed expects a unique key to be held by a task until that is settled.
func (f *fixture) freed(s func(broker.Lease) broker.Settle) {
	f.Helper()
	a := f.task("a", unique("key", 0))
	f.enqueue(a)
	f.duplicate(a.ID, unique("key", 0))
	w := f.worker("w")
	held := w.claimed(1, "a")
	f.duplicate(a.ID, unique("key", 0))
	w.cycle(settle(s(held[0])))
	b := f.task("b", unique("key", 0))
	f.enqueue(b)
	f.duplicate(b.ID, unique("key", 0))
	w.claimed(9, "b")
}

// duplicate expects a new task to be refused in favour of another.
func (f *fixture) duplicate(holder broker.ID, change ...func(*broker.Message)) {
	f.Helper()
	before := f.info()
	receipts := f.offer(f.task("duplicate", change...))
	f.equal("receipts", receipts, []broker.Receipt{{Existing: holder, Err: broker.ErrDuplicate}})
	f.equal("counters", f.info(), before)
}
