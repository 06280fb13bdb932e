package redisbroker

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// List implements broker.Inspector.
func (b *Broker) List(ctx context.Context, l broker.ListQuery) (broker.Page, error) {
	if err := l.Check(); err != nil {
		return broker.Page{}, err
	}
	if err := b.enter(ctx); err != nil {
		return broker.Page{}, err
	}
	q := b.queue(l.Queue)
	var page broker.Page
	var err error
	switch l.State {
	case broker.Scheduled:
		page, err = b.listIndex(ctx, q, l, q.schedule, q.scheduled, false)
	case broker.StateDead:
		page, err = b.listIndex(ctx, q, l, q.dead, q.letters, true)
	default:
		page, err = b.listPending(ctx, q, l)
	}
	return page, opening(err)
}

// listPending pages through the lanes; the cursor is a lane and how much of it
// was seen.
func (b *Broker) listPending(ctx context.Context, q *queue, l broker.ListQuery) (broker.Page, error) {
	lane, from := 0, 0
	if l.Cursor != "" {
		if n, err := fmt.Sscanf(l.Cursor, "%d %d", &lane, &from); n != 2 || err != nil || lane < 0 || lane >= lanes || from < 0 {
			return broker.Page{}, badCursor(l.Cursor)
		}
	}
	var p broker.Page
	for ; lane < lanes; lane, from = lane+1, 0 {
		want := l.Limit - len(p.Entries)
		elements, err := b.rangeOf(ctx, q.lanes[lane], from, from+want) // one more than is wanted
		if err != nil {
			return broker.Page{}, err
		}
		for _, e := range elements[:min(want, len(elements))] {
			p.Entries = append(p.Entries, entry(l.Queue, e, broker.Pending, 0))
		}
		if len(elements) > want {
			p.Next = fmt.Sprintf("%d %d", lane, from+want)
			return p, nil
		}
	}
	return p, nil
}

// rangeOf reads a part of a list.
func (b *Broker) rangeOf(ctx context.Context, key string, from, to int) (elements [][]byte, err error) {
	err = b.call(ctx, func(ctx context.Context) error {
		raw := newBuffer(0)
		if err := b.commands.Process(ctx, redis.NewRawWriteToCmd(ctx, raw, "lrange", key, from, to)); err != nil {
			return err
		}
		var err error
		elements, err = raw.elements()
		return err
	})
	return elements, err
}

// listIndex pages by instant and id; the cursor is the last entry's.
func (b *Broker) listIndex(ctx context.Context, q *queue, l broker.ListQuery, index, data string, backwards bool) (broker.Page, error) {
	var ms int64
	var id string
	if l.Cursor != "" {
		var text string
		if _, err := fmt.Sscanf(l.Cursor, "%d %s", &ms, &text); err != nil {
			return broker.Page{}, badCursor(l.Cursor)
		}
		parsed, err := broker.ParseID(text)
		if err != nil {
			return broker.Page{}, badCursor(l.Cursor)
		}
		id = string(parsed[:])
	}
	answer, err := b.run(ctx, b.scripts.Load().page, []string{index, data}, ms, id, l.Limit, flag(backwards))
	if err != nil {
		return broker.Page{}, err
	}
	return pageOf(l, answer, backwards), nil
}

// pageOf reads what page.lua says: how many are left, then id, score and
// envelope of each.
func pageOf(l broker.ListQuery, answer reply, backwards bool) (p broker.Page) {
	if len(answer) < 2 {
		return p
	}
	rows, _ := answer[1].([]any)
	for i := 0; i+2 < len(rows); i += 3 {
		r := reply(rows[i : i+3])
		at, _ := strconv.ParseFloat(r.string(1), 64)
		e := entry(l.Queue, []byte(r.string(2)), l.State, at)
		copy(e.ID[:], r.string(0))
		p.Entries = append(p.Entries, e)
	}
	if backwards {
		slices.Reverse(p.Entries)
	}
	if n := len(p.Entries); n > 0 && answer.int(0) > 0 {
		last := &p.Entries[n-1]
		p.Next = fmt.Sprintf("%d %s", last.At.UnixMilli(), last.ID)
	}
	return p
}

func badCursor(s string) error {
	return fmt.Errorf("%w: %q is no cursor; use the last page's Next", broker.ErrInvalid, s)
}
