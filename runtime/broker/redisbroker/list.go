package redisbroker

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

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
		page, err = b.listIndex(ctx, l, q.schedule, q.scheduled, false)
	case broker.StateDead:
		page, err = b.listIndex(ctx, l, q.dead, q.letters, true)
	case broker.Parked:
		page, err = b.listParked(ctx, q, l)
	default:
		page, err = b.listPending(ctx, q, l)
	}
	return page, opening(err)
}

// A pendingCursor is a place among the pending tasks: in a lane, how much of it
// was seen; in the lanes of groups of that priority, the last member seen.
type pendingCursor struct {
	lane   int
	groups bool
	from   int
	behind string
}

func (c *pendingCursor) next() {
	if c.groups || c.lane == lanes-1 {
		*c = pendingCursor{lane: c.lane + 1}
		return
	}
	*c = pendingCursor{lane: c.lane, groups: true}
}

func (c *pendingCursor) String() string {
	if c.groups {
		return fmt.Sprintf("%d g%x", c.lane, c.behind)
	}
	return fmt.Sprintf("%d %d", c.lane, c.from)
}

func parsePending(s string) (c pendingCursor, err error) {
	if s == "" {
		return c, nil
	}
	lane, place, _ := strings.Cut(s, " ")
	c.lane, err = strconv.Atoi(lane)
	hexed, groups := strings.CutPrefix(place, "g")
	if c.groups = groups; groups {
		var member []byte
		if member, err = hex.DecodeString(hexed); err == nil {
			c.behind = string(member)
		}
	} else if err == nil {
		c.from, err = strconv.Atoi(place)
	}
	if err != nil || c.lane < 0 || c.lane >= lanes || c.groups && c.lane == lanes-1 || c.from < 0 {
		return c, badCursor(s)
	}
	return c, nil
}

// listPending pages through the lanes. Where tasks are large a page is short.
func (b *Broker) listPending(ctx context.Context, q *queue, l broker.ListQuery) (broker.Page, error) {
	at, err := parsePending(l.Cursor)
	if err != nil {
		return broker.Page{}, err
	}
	var p broker.Page
	for room := claimBytes; at.lane < lanes; at.next() {
		read := b.listLane
		if at.groups {
			read = b.listGroups
		}
		elements, more, err := read(ctx, q, &at, l.Limit-len(p.Entries), room)
		if err != nil {
			return broker.Page{}, err
		}
		for _, e := range elements {
			p.Entries = append(p.Entries, entry(l.Queue, e, broker.Pending, 0))
			room -= len(e)
		}
		if more {
			p.Next = at.String()
			return p, nil
		}
	}
	return p, nil
}

// listLane reads on in a lane without a group.
func (b *Broker) listLane(ctx context.Context, q *queue, at *pendingCursor, limit, room int) ([][]byte, bool, error) {
	want, err := b.fitting(ctx, q, at.lane, at.from, limit, room)
	if err != nil {
		return nil, false, err
	}
	elements, err := b.rangeOf(ctx, q.lanes[at.lane], at.from, at.from+want) // one more than is wanted
	at.from += want
	return elements[:min(want, len(elements))], len(elements) > want, err
}

// listGroups reads on in the lanes of groups of one priority.
func (b *Broker) listGroups(ctx context.Context, q *queue, at *pendingCursor, limit, room int) (elements [][]byte, more bool, err error) {
	if room <= 0 {
		limit = 0
	}
	from, to := "["+strconv.Itoa(at.lane+1), "("+strconv.Itoa(at.lane+2)
	if at.behind != "" {
		from = "(" + at.behind
	}
	elements, last, more, err := b.members(ctx, []string{q.tasks, q.envelopes}, from, to, limit, max(room, 0))
	if last != "" {
		at.behind = last
	}
	return elements, more, err
}

// listParked pages through what is parked; the cursor is the last member.
func (b *Broker) listParked(ctx context.Context, q *queue, l broker.ListQuery) (p broker.Page, err error) {
	from := "-"
	if l.Cursor != "" {
		member, err := hex.DecodeString(l.Cursor)
		if err != nil {
			return p, badCursor(l.Cursor)
		}
		from = "(" + string(member)
	}
	elements, last, more, err := b.members(ctx, []string{q.parked, q.shelf}, from, "+", l.Limit, claimBytes)
	for _, e := range elements {
		p.Entries = append(p.Entries, entry(l.Queue, e, broker.Parked, 0))
	}
	if more {
		p.Next = hex.EncodeToString([]byte(last))
	}
	return p, err
}

// members reads tasks between two bounds of an index, and which was the last one.
func (b *Broker) members(ctx context.Context, keys []string, from, to string, limit, room int) (elements [][]byte, last string, more bool, err error) {
	answer, err := b.run(ctx, b.scripts.Load().waiting, keys, from, to, limit, room)
	rows := reply(answer.list(1))
	for i := 0; i+1 < len(rows); i += 2 {
		last = rows.string(i)
		elements = append(elements, waitingEnvelope(rows.string(i+1)))
	}
	return elements, last, answer.int(0) == 1, err
}

// fitting is how many of the wanted tasks of a lane a page has room for.
func (b *Broker) fitting(ctx context.Context, q *queue, lane, from, want, room int) (int, error) {
	var known []any
	err := b.call(ctx, func(ctx context.Context) (err error) {
		n := strconv.Itoa(lane + 1)
		known, err = b.commands.HMGet(ctx, q.count, "large:"+n, "largest:"+n).Result()
		return err
	})
	reach, _ := strconv.Atoi(reply(known).string(0))
	largest, _ := strconv.Atoi(reply(known).string(1))
	switch {
	case room <= 0:
		return 0, err
	case want > 0 && from < reach && largest > 0:
		return min(want, max(room/largest, 1)), err
	}
	return want, err
}

// rangeOf reads a part of a list. In a Cluster it follows a slot that moves,
// which raw replies do not.
func (b *Broker) rangeOf(ctx context.Context, key string, from, to int) (elements [][]byte, err error) {
	var texts []string
	err = b.call(ctx, func(ctx context.Context) (err error) {
		texts, err = b.commands.LRange(ctx, key, int64(from), int64(to)).Result()
		return err
	})
	elements = make([][]byte, len(texts))
	for i, t := range texts {
		elements[i] = bytesOf(t)
	}
	return elements, err
}

// listIndex pages by instant and id; the cursor is the last entry's.
func (b *Broker) listIndex(ctx context.Context, l broker.ListQuery, index, data string, backwards bool) (broker.Page, error) {
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
	return pageOf(l, answer), nil
}

// pageOf reads what page.lua says: whether more are left, then id, score and
// envelope of each.
func pageOf(l broker.ListQuery, answer reply) (p broker.Page) {
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
	if n := len(p.Entries); n > 0 && answer.int(0) > 0 {
		last := &p.Entries[n-1]
		p.Next = fmt.Sprintf("%d %s", last.At.UnixMilli(), last.ID)
	}
	return p
}

func badCursor(s string) error {
	return fmt.Errorf("%w: %q is no cursor; use the last page's Next", broker.ErrInvalid, s)
}
