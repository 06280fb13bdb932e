package brokertest

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var boundTests = []test{
	{"a closed queue takes nothing, and what is in it goes on", func(f *fixture) {
		f.put("a", "b")
		f.configure(broker.Settings{Closed: true, MaxTasks: 50})
		full := []broker.Receipt{{Index: 0, Err: broker.ErrFull}, {Index: 1, Err: broker.ErrFull}, {Index: 2, Err: broker.ErrFull}}
		f.equal("receipts", f.offer(f.task("c"), f.task("d", delay(time.Hour)), f.task("e", group("g", ""))), full)
		w := f.worker("w")
		held := w.claimed(9, "a", "b")
		w.cycle(settle(done(held[0], ""), retry(held[1], 0)))
		held = w.claimed(9, "b")
		w.cycle(settle(done(held[0], "")))
		f.equal("refused", len(f.offer(f.task("f"))), 1)
		f.configure(broker.Settings{})
		f.put("g")
		w.claimed(9, "g")
	}},
	{"a queue takes no more bytes than its limit", func(f *fixture) {
		f.configure(broker.Settings{MaxBytes: 1})
		full := []broker.Receipt{{Index: 1, Err: broker.ErrFull}, {Index: 2, Err: broker.ErrFull}}
		f.equal("receipts", f.offer(f.task("a"), f.task("b", delay(time.Hour)), f.task("c", group("g", ""))), full)
		w := f.worker("w")
		held := w.claimed(9, "a")
		f.put("d")
		f.equal("refused", len(f.offer(f.task("e"))), 1)
		w.cycle(settle(park(held[0], 0)))
		held = w.claimed(9, "d")
		f.equal("parked tasks count", len(f.offer(f.task("f"))), 1)
		w.cycle(settle(retry(held[0], time.Hour)), unpark(held[0].Shape()))
		w.claimed(9, "a")
		f.equal("scheduled tasks count", len(f.offer(f.task("g"))), 1)
		f.configure(broker.Settings{MaxBytes: 1 << 30})
		f.put("h")
	}},
	{"the bytes of what waits are about those of the payloads", func(f *fixture) {
		const size, fits = 20_000, 50
		f.configure(broker.Settings{MaxBytes: fits * size})
		n := int64(0)
		for range 3 * fits {
			// Each in a call of its own, of a lane, a group or the schedule.
			change := []func(*broker.Message){payload('x', size)}
			switch n % 3 {
			case 1:
				change = append(change, group("g", "k"))
			case 2:
				change = append(change, delay(time.Hour))
			}
			if len(f.offer(f.task("x", change...))) > 0 {
				break
			}
			n++
		}
		if n < fits*2/3 || n > fits*4/3 {
			f.Errorf("%d tasks of %d bytes got in where %d bytes may wait", n, size, fits*size)
		}
	}},
	{"a batch counts its own bytes", func(f *fixture) {
		f.configure(broker.Settings{MaxBytes: 20_000})
		var all []broker.Message
		for range 40 {
			all = append(all, f.task("x", payload('x', 1000)))
		}
		if n := len(f.offer(all...)); n < 15 || n > 25 {
			f.Errorf("%d of 40 were refused", n)
		}
	}},
	{"the oldest dead letters are dropped where there are too many", func(f *fixture) {
		f.stop().configure(broker.Settings{Dead: broker.Bounds{Max: 3}})
		w := f.worker("w")
		for _, label := range []string{"a", "b", "c", "d", "e"} {
			f.put(label)
			f.advance(time.Second)
			w.end(broker.Dead, w.claimed(1, label)...)
		}
		f.listed(broker.StateDead, 9, "e", "d", "c")
		n := f.info()
		f.equal("counts", [...]int64{n.Dead, n.Died, n.Dropped, n.Deleted, n.Active}, [...]int64{3, 5, 2, 0, 0})
	}},
	{"dead letters are dropped when they are too old", func(f *fixture) {
		f.stop().configure(broker.Settings{Dead: broker.Bounds{Age: time.Minute}})
		f.put("a", "b", "c")
		w := f.worker("w")
		held := w.claim(3)
		w.end(broker.Dead, held[0])
		f.advance(time.Minute - time.Millisecond)
		w.end(broker.Dead, held[1])
		f.listed(broker.StateDead, 9, "b", "a")
		f.advance(time.Millisecond)
		w.end(broker.Dead, held[2])
		f.listed(broker.StateDead, 9, "c", "b")
		f.advance(time.Hour)
		w.cycle()
		f.equal("kept until somebody looks", f.info().Dead, int64(2))
		w.cycle(seq(broker.TrimInterval))
		f.equal("counts", [...]int64{f.info().Dead, f.info().Dropped}, [...]int64{0, 3})
	}},
	{"the oldest dead letters are dropped where they are too large", func(f *fixture) {
		f.stop().configure(broker.Settings{Dead: broker.Bounds{Bytes: 25_000}})
		w := f.worker("w")
		for i, n := range []int{100, 10_000, 10_000, 10_000} {
			f.enqueue(f.task("x", payload(byte('a'+i), n)))
			f.advance(time.Second)
			w.end(broker.Dead, w.claim(1)...)
		}
		letters := f.list(broker.StateDead, 9)
		f.equal("left", len(letters), 2)
		f.equal("the newest", letters[0].Message.Payload[0], byte('d'))
		f.edited(nil, broker.Edit{Ref: letters[0].Ref, Action: broker.Delete})
		f.enqueue(f.task("x", payload('e', 10_000)))
		w.end(broker.Dead, w.claim(1)...)
		f.equal("left", f.info().Dead, int64(2))
	}},
	{"a loss that kills drops older dead letters", func(f *fixture) {
		f.stop().configure(broker.Settings{Dead: broker.Bounds{Max: 1}})
		f.put("a")
		w := f.worker("w")
		w.end(broker.Dead, w.claim(1)...)
		f.enqueue(f.task("b", lost(broker.LostLimit-1)))
		f.equal("claimed", len(w.cycle(wantAny(1)).Leases), 1)
		f.advance(lease)
		f.worker("v").cycle()
		f.listed(broker.StateDead, 9, "b")
	}},
	{"bounds of none keep all", func(f *fixture) {
		f.stop().configure(broker.Settings{Dead: broker.Bounds{Max: -1, Age: -1, Bytes: -1}})
		f.put("a")
		w := f.worker("w")
		w.end(broker.Dead, w.claim(1)...)
		f.advance(100 * 365 * 24 * time.Hour)
		f.worker("v").cycle(seq(1))
		v := f.worker("u")
		v.cycle()
		v.cycle(seq(broker.TrimInterval))
		f.equal("dead", f.info().Dead, int64(1))
		f.equal("settings", f.info().Settings, broker.Settings{Version: 1, Dead: broker.Bounds{Max: -1, Age: -1, Bytes: -1}})
	}},
	{"invalid bounds are refused", func(f *fixture) {
		for name, s := range map[string]broker.Settings{
			"bytes": {MaxBytes: -1}, "max": {Dead: broker.Bounds{Max: -2}}, "size": {Dead: broker.Bounds{Bytes: -2}},
			"age": {Dead: broker.Bounds{Age: time.Millisecond - 1}}, "long": {Dead: broker.Bounds{Age: broker.MaxDelay + 1}},
		} {
			f.equal(name, f.Broker.Configure(f.Context(), f.queue, s), broker.ErrInvalid)
		}
	}},
}
