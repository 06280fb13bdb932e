package brokertest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var recordTests = []test{
	{"a row is written, read, replaced and removed", func(f *fixture) {
		first := f.wrote(broker.Record{Name: "b", Data: []byte("1")})
		f.wrote(broker.Record{Name: "a", If: broker.Any})
		f.rows(broker.Record{Name: "a", Version: first + 1}, broker.Record{Name: "b", Data: []byte("1"), Version: first})
		second := f.wrote(broker.Record{Name: "b", Data: []byte("2"), If: first})
		f.equal("greater", second > first+1, true)
		f.equal("named", f.read("b", "never", "b"), []broker.Record{{Name: "b", Data: []byte("2"), Version: second}})
		f.equal("removed", f.Broker.Remove(f.Context(), "t", "b", second), nil)
		f.rows(broker.Record{Name: "a", Version: first + 1})
	}},
	{"a row is written over the version that is known, or not at all", func(f *fixture) {
		v := f.wrote(broker.Record{Name: "a", Data: []byte("1")})
		for _, stale := range []uint64{0, v + 1} {
			f.refusedRow(broker.ErrStale, broker.Record{Name: "a", Data: []byte("2"), If: stale})
			f.equal("removed", f.Broker.Remove(f.Context(), "t", "a", stale), broker.ErrStale)
		}
		f.refusedRow(broker.ErrStale, broker.Record{Name: "b", If: v})
		f.equal("removed", f.Broker.Remove(f.Context(), "t", "b", v), broker.ErrStale)
		for _, none := range []uint64{0, broker.Any} {
			f.equal("removed", f.Broker.Remove(f.Context(), "t", "b", none), nil)
		}
		f.rows(broker.Record{Name: "a", Data: []byte("1"), Version: v})
	}},
	{"versions rise beyond what was removed", func(f *fixture) {
		last := uint64(0)
		for range 3 {
			v := f.wrote(broker.Record{Name: "a"})
			f.equal("greater", v > last, true)
			last = v
			f.equal("removed", f.Broker.Remove(f.Context(), "t", "a", broker.Any), nil)
		}
		f.refusedRow(broker.ErrStale, broker.Record{Name: "a", If: last})
	}},
	{"a row lives as long as it says", func(f *fixture) {
		v := f.stop().wrote(broker.Record{Name: "a", TTL: 2*time.Second + time.Microsecond})
		f.wrote(broker.Record{Name: "for good"})
		f.advance(2*time.Second - time.Millisecond)
		f.equal("row", f.read("a"), []broker.Record{{Name: "a", Version: v, TTL: time.Millisecond}})
		f.refusedRow(broker.ErrStale, broker.Record{Name: "a"})
		v = f.wrote(broker.Record{Name: "a", TTL: time.Second, If: v})
		f.advance(time.Second)
		f.equal("rows", len(f.read("a")), 0)
		f.refusedRow(broker.ErrStale, broker.Record{Name: "a", If: v})
		f.equal("removed", f.Broker.Remove(f.Context(), "t", "a", v), broker.ErrStale)
		f.wrote(broker.Record{Name: "a"})
		f.advance(time.Hour)
		f.equal("rows", len(f.read()), 2)
	}},
	{"one of many leads", func(f *fixture) {
		var wins sync.Map
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				v, err := f.Broker.Put(f.Context(), "t", broker.Record{Name: "leader", Data: fmt.Append(nil, i), TTL: time.Minute})
				if err == nil {
					wins.Store(i, v)
				} else if !errors.Is(err, broker.ErrStale) {
					f.Errorf("put: %v", err)
				}
			})
		}
		all.Wait()
		wins.Range(func(i, v any) bool {
			f.equal("leader", string(f.read("leader")[0].Data), fmt.Sprint(i))
			f.equal("version", f.read("leader")[0].Version, v)
			wins.Delete(i)
			return false
		})
		wins.Range(func(any, any) bool { f.Error("there are two leaders"); return true })
	}},
	{"tables are apart", func(f *fixture) {
		f.wrote(broker.Record{Name: "a"})
		_, err := f.Broker.Put(f.Context(), "other", broker.Record{Name: "a", Data: []byte("x")})
		f.equal("error", err, nil)
		f.equal("rows", len(f.read()), 1)
		f.equal("data", len(f.read()[0].Data), 0)
		f.equal("queues", len(must(f.Broker.Queues(f.Context()))(f)), 0)
	}},
	{"names and data are any bytes", func(f *fixture) {
		odd := strings.Repeat("\x00 {}*\xff", broker.MaxNameLen/6)
		full := bytes.Repeat([]byte("\r\n\x00 7"), broker.MaxRecordBytes/5)
		v := f.wrote(broker.Record{Name: odd, Data: full})
		f.equal("named", f.read(odd), []broker.Record{{Name: odd, Data: full, Version: v}})
		f.rows(broker.Record{Name: odd, Data: full, Version: v})
	}},
	{"a large table is read in full, and is full one day", func(f *fixture) {
		f.stop()
		for i := range broker.MaxRecords {
			r := broker.Record{Name: fmt.Sprintf("%05d", i)}
			if i < 2 {
				r.TTL = time.Second
			}
			f.wrote(r)
		}
		rows := f.read()
		f.equal("rows", len(rows), broker.MaxRecords)
		f.equal("the last", rows[len(rows)-1].Name, fmt.Sprintf("%05d", broker.MaxRecords-1))
		f.refusedRow(broker.ErrFull, broker.Record{Name: "more"})
		f.wrote(broker.Record{Name: "00007", If: broker.Any})
		f.advance(time.Second)
		f.wrote(broker.Record{Name: "more"})
		f.equal("rows", len(f.read()), broker.MaxRecords-1)
	}},
	{"a log keeps the newest lines", func(f *fixture) {
		f.equal("of none", len(f.lines(5)), 0)
		f.logged(9, "a", "b", "c")
		f.equal("newest", f.lines(2), []string{"c", "b"})
		f.equal("all", f.lines(9), []string{"c", "b", "a"})
		f.logged(4, "d", "e")
		f.equal("all", f.lines(9), []string{"e", "d", "c", "b"})
		f.logged(2)
		f.equal("all", f.lines(9), []string{"e", "d"})
		f.logged(1, "f", "g", "h")
		f.equal("all", f.lines(9), []string{"h"})
	}},
	{"a long log comes in full", func(f *fixture) {
		line := strings.Repeat("x", broker.MaxLineBytes-4)
		for i := range 3 {
			all := make([]string, broker.MaxAppend)
			for k := range all {
				all[k] = fmt.Sprintf("%04d", i*broker.MaxAppend+k)
			}
			all[0] += line
			f.logged(broker.MaxLog, all...)
		}
		got := f.lines(broker.MaxLog)
		f.equal("lines", len(got), 3*broker.MaxAppend)
		for i := range got {
			f.equal("line", got[i][:4], fmt.Sprintf("%04d", 3*broker.MaxAppend-1-i))
		}
	}},
	{"what no table or log takes is refused", func(f *fixture) {
		for what, r := range map[string]broker.Record{
			"no name": {}, "long name": {Name: strings.Repeat("x", broker.MaxNameLen+1)},
			"short ttl": {Name: "a", TTL: time.Millisecond - 1}, "negative ttl": {Name: "a", TTL: -1}, "long ttl": {Name: "a", TTL: broker.MaxDelay + 1},
		} {
			_, err := f.Broker.Put(f.Context(), "t", r)
			f.equal(what, err, broker.ErrInvalid)
		}
		_, err := f.Broker.Put(f.Context(), "t", broker.Record{Name: "a", Data: make([]byte, broker.MaxRecordBytes+1)})
		f.equal("large", err, broker.ErrTooLarge)
		_, err = f.Broker.Put(f.Context(), "a b", broker.Record{Name: "a"})
		f.equal("table", err, broker.ErrInvalid)
		f.equal("log", f.Broker.Append(f.Context(), "", 1), broker.ErrInvalid)
		f.equal("keep", f.Broker.Append(f.Context(), "l", 0), broker.ErrInvalid)
		f.equal("lines", f.Broker.Append(f.Context(), "l", 1, make([][]byte, broker.MaxAppend+1)...), broker.ErrInvalid)
		f.equal("line", f.Broker.Append(f.Context(), "l", 1, make([]byte, broker.MaxLineBytes+1)), broker.ErrTooLarge)
		_, err = f.Broker.Log(f.Context(), "l", broker.MaxLog+1)
		f.equal("limit", err, broker.ErrInvalid)
		f.rows()
	}},
}

// must is an answer without an error.
func must[T any](answer T, err error) func(*fixture) T {
	return func(f *fixture) T {
		f.Helper()
		f.equal("error", err, nil)
		return answer
	}
}

// wrote puts a row that must be taken, and returns its version.
func (f *fixture) wrote(r broker.Record) uint64 {
	f.Helper()
	return must(f.Broker.Put(f.Context(), "t", r))(f)
}

func (f *fixture) refusedRow(want error, r broker.Record) {
	f.Helper()
	_, err := f.Broker.Put(f.Context(), "t", r)
	f.equal("error of the put", err, want)
}

func (f *fixture) read(names ...string) []broker.Record {
	f.Helper()
	return must(f.Broker.Records(f.Context(), "t", names...))(f)
}

func (f *fixture) rows(want ...broker.Record) {
	f.Helper()
	f.equal("rows", f.read(), want)
}

func (f *fixture) logged(keep int, lines ...string) {
	f.Helper()
	all := make([][]byte, len(lines))
	for i := range lines {
		all[i] = []byte(lines[i])
	}
	f.equal("append", f.Broker.Append(f.Context(), "l", keep, all...), nil)
}

func (f *fixture) lines(limit int) (all []string) {
	f.Helper()
	for _, line := range must(f.Broker.Log(f.Context(), "l", limit))(f) {
		all = append(all, string(line))
	}
	return all
}

// record writes or drops a row, over a version that is right or not.
func (m *machine) record() {
	rows := m.records()
	r := broker.Record{
		Name: pick(m, "row", []string{"a", "b", "c\xff"}), TTL: pick(m, "ttl", retentions),
		Data: fmt.Append(nil, m.steps), If: pick(m, "if", []uint64{broker.Any, 0, 1}),
	}
	if m.chance("known", 2) {
		r.If = 0
		for _, known := range rows {
			if known.Name == r.Name {
				r.If = known.Version
			}
		}
	}
	m.tb.Logf("%+v", r)
	_, _ = both(m, "version", func(b broker.Broker) (uint64, error) {
		if m.steps%4 == 0 {
			return 0, b.Remove(m.tb.Context(), "t", r.Name, r.If)
		}
		return b.Put(m.tb.Context(), "t", r)
	})
	m.records()
}

// append adds lines to a log.
func (m *machine) append() {
	keep, n := 1+m.dice.roll("keep", 10), m.dice.roll("lines", 5)
	_, _ = both(m, "append", func(b broker.Broker) (struct{}, error) {
		lines := make([][]byte, n)
		for i := range lines {
			lines[i] = fmt.Append(nil, m.steps, " ", i)
		}
		return struct{}{}, b.Append(m.tb.Context(), "l", keep, lines...)
	})
	m.records()
}

// records compares what the tables and logs have.
func (m *machine) records() []broker.Record {
	_, _ = both(m, "log", func(b broker.Broker) ([][]byte, error) { return b.Log(m.tb.Context(), "l", 9) })
	rows, _ := both(m, "rows", func(b broker.Broker) ([]broker.Record, error) { return b.Records(m.tb.Context(), "t") })
	return rows
}
