package membroker

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A table is rows under one name. Versions come from its counter.
type table struct {
	rows    map[string]row
	version uint64
}

// A row is a record as it was written.
type row struct {
	data    []byte
	version uint64
	expires time.Time // zero: never
}

// table returns the named table, which begins to exist with its first mention.
func (b *Broker) table(name string) *table {
	t := b.tables[name]
	if t == nil {
		t = &table{rows: map[string]row{}}
		b.tables[name] = t
	}
	return t
}

// expire drops the rows whose time is over.
func (t *table) expire(now time.Time) {
	maps.DeleteFunc(t.rows, func(_ string, r row) bool { return !r.expires.IsZero() && !now.Before(r.expires) })
}

// admits reports why a row is not the one that the caller knows.
func (t *table) admits(table, name string, version uint64) error {
	if stored := t.rows[name].version; version != broker.Any && version != stored {
		return fmt.Errorf("%w: row %q of table %s has version %d, not %d", broker.ErrStale, name, table, stored, version)
	}
	return nil
}

// Put implements broker.Records.
func (b *Broker) Put(ctx context.Context, table string, r broker.Record) (uint64, error) {
	if err := r.Check(table); err != nil {
		return 0, err
	}
	if err := b.enter(ctx); err != nil {
		return 0, err
	}
	defer b.mu.Unlock()
	t, now := b.table(table), b.now()
	t.expire(now)
	if err := t.admits(table, r.Name, r.If); err != nil {
		return 0, err
	}
	if _, known := t.rows[r.Name]; !known && len(t.rows) >= broker.MaxRecords {
		return 0, fmt.Errorf("%w: table %s has %d rows", broker.ErrFull, table, len(t.rows))
	}
	t.version++
	next := row{data: bytes.Clone(r.Data), version: t.version}
	if r.TTL > 0 {
		next.expires = after(now, r.TTL)
	}
	t.rows[r.Name] = next
	return t.version, nil
}

// Remove implements broker.Records.
func (b *Broker) Remove(ctx context.Context, table, name string, version uint64) error {
	if err := broker.CheckRows(table, name); err != nil {
		return err
	}
	if err := b.enter(ctx); err != nil {
		return err
	}
	defer b.mu.Unlock()
	t := b.table(table)
	t.expire(b.now())
	if err := t.admits(table, name, version); err != nil {
		return err
	}
	delete(t.rows, name)
	return nil
}

// Records implements broker.Records.
func (b *Broker) Records(ctx context.Context, table string, names ...string) ([]broker.Record, error) {
	if err := broker.CheckRows(table, names...); err != nil {
		return nil, err
	}
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	t, now := b.table(table), b.now()
	t.expire(now)
	if len(names) == 0 {
		names = slices.Collect(maps.Keys(t.rows))
	}
	var found []broker.Record
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		stored, known := t.rows[name]
		if !known {
			continue
		}
		r := broker.Record{Name: name, Data: bytes.Clone(stored.data), Version: stored.version}
		if !stored.expires.IsZero() {
			r.TTL = stored.expires.Sub(now)
		}
		found = append(found, r)
	}
	return found, nil
}

// Append implements broker.Records.
func (b *Broker) Append(ctx context.Context, log string, keep int, lines ...[]byte) error {
	if err := broker.CheckAppend(log, keep, lines); err != nil {
		return err
	}
	if err := b.enter(ctx); err != nil {
		return err
	}
	defer b.mu.Unlock()
	all := b.logs[log]
	for _, line := range lines {
		all = append(all, bytes.Clone(line))
	}
	b.logs[log] = slices.Delete(all, 0, max(len(all)-keep, 0))
	return nil
}

// Log implements broker.Records.
func (b *Broker) Log(ctx context.Context, log string, limit int) ([][]byte, error) {
	if err := broker.CheckLog(log, limit); err != nil {
		return nil, err
	}
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	all := b.logs[log]
	newest := slices.Clone(all[max(len(all)-limit, 0):])
	slices.Reverse(newest)
	return newest, nil
}
