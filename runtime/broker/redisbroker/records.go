package redisbroker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// recordBatch is how many rows one step reads: so much passes through a script.
const recordBatch = 100

// Put implements broker.Records.
func (b *Broker) Put(ctx context.Context, table string, r broker.Record) (uint64, error) {
	if err := r.Check(table); err != nil {
		return 0, err
	}
	return b.write(ctx, table, r.Name, r.If, r.TTL.Milliseconds(), r.Data)
}

// Remove implements broker.Records.
func (b *Broker) Remove(ctx context.Context, table, name string, version uint64) error {
	if err := broker.CheckRows(table, name); err != nil {
		return err
	}
	_, err := b.write(ctx, table, name, version)
	return err
}

// write runs put.lua; without a TTL and data it drops the row.
func (b *Broker) write(ctx context.Context, table, name string, version uint64, what ...any) (uint64, error) {
	if err := b.enter(ctx); err != nil {
		return 0, err
	}
	p := b.writers.borrow(b)
	defer b.writers.give(p)
	k, known := newRecordKeys(b.prefix), "*"
	if version != broker.Any {
		known = strconv.FormatUint(version, 10)
	}
	keys := []string{k.rows(table), k.ends(table), k.versions(), k.producer(p.name)}
	args := append([]any{p.number, remember, table, name, known}, what...)
	answer, err := b.run(ctx, b.scripts.Load().put, keys, args...)
	if err != nil {
		return 0, err
	}
	word, figure, _ := strings.Cut(answer.string(1), " ")
	switch word {
	case "stale":
		return 0, fmt.Errorf("%w: row %q of table %s has version %s, not %d", broker.ErrStale, name, table, figure, version)
	case "full":
		return 0, fmt.Errorf("%w: table %s has %d rows", broker.ErrFull, table, broker.MaxRecords)
	}
	return strconv.ParseUint(figure, 10, 64)
}

// Records implements broker.Records. A large table is read in parts.
func (b *Broker) Records(ctx context.Context, table string, names ...string) ([]broker.Record, error) {
	if err := broker.CheckRows(table, names...); err != nil {
		return nil, err
	}
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	var found []broker.Record
	if len(names) == 0 {
		var err error
		if found, names, err = b.rows(ctx, table, nil); err != nil {
			return nil, err
		}
	}
	for part := range slices.Chunk(names, recordBatch) {
		rows, _, err := b.rows(ctx, table, part)
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
	}
	slices.SortFunc(found, func(a, b broker.Record) int { return cmp.Compare(a.Name, b.Name) })
	return found, nil
}

// rows reads the named rows, or all: of a large table it tells the names only.
func (b *Broker) rows(ctx context.Context, table string, names []string) (found []broker.Record, all []string, err error) {
	args := []any{recordBatch}
	for _, name := range names {
		args = append(args, name)
	}
	answer, err := b.run(ctx, b.scripts.Load().rows, []string{newRecordKeys(b.prefix).rows(table)}, args...)
	if err != nil {
		return nil, nil, opening(err)
	}
	for _, name := range answer.list(1) {
		all = append(all, fmt.Sprint(name))
	}
	rows := reply(answer.list(2))
	for i := 0; i+3 < len(rows); i += 4 {
		r := broker.Record{Name: rows.string(i), Data: bytesOf(rows.string(i + 3))}
		left, err := strconv.ParseInt(rows.string(i+2), 10, 64)
		if r.Version, _ = strconv.ParseUint(rows.string(i+1), 10, 64); err == nil {
			r.TTL = time.Duration(left) * time.Millisecond
		}
		found = append(found, r)
	}
	return found, all, nil
}

// Append implements broker.Records.
func (b *Broker) Append(ctx context.Context, log string, keep int, lines ...[]byte) error {
	if err := broker.CheckAppend(log, keep, lines); err != nil {
		return err
	}
	if err := b.enter(ctx); err != nil {
		return err
	}
	p := b.writers.borrow(b)
	defer b.writers.give(p)
	k := newRecordKeys(b.prefix)
	args := []any{p.number, remember, log, keep}
	for _, line := range lines {
		args = append(args, line)
	}
	_, err := b.run(ctx, b.scripts.Load().append, []string{k.log(log), k.lines(), k.producer(p.name)}, args...)
	return err
}

// Log implements broker.Records. It reads page by page; lines that come meanwhile
// do not shift the pages.
func (b *Broker) Log(ctx context.Context, log string, limit int) ([][]byte, error) {
	if err := broker.CheckLog(log, limit); err != nil {
		return nil, err
	}
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	k := newRecordKeys(b.prefix)
	var found [][]byte
	for behind := int64(0); len(found) < limit; {
		want := min(limit-len(found), broker.MaxAppend)
		answer, err := b.run(ctx, b.scripts.Load().lines, []string{k.log(log), k.lines()}, log, behind, want)
		if err != nil {
			return nil, opening(err)
		}
		page := reply(answer.list(1))
		for i := range page {
			found = append(found, bytesOf(page.string(i)))
		}
		if behind = answer.int(0) - int64(len(page)) + 1; len(page) < want || behind <= 1 {
			break
		}
	}
	return found, nil
}
