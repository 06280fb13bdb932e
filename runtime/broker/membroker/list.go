package membroker

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"time"

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
	defer b.mu.Unlock()
	q := b.queues[l.Queue]
	if q == nil {
		q = newQueue(l.Queue)
	}
	switch l.State {
	case broker.Scheduled:
		return q.listScheduled(l)
	case broker.StateDead:
		return q.listDead(l)
	case broker.Parked:
		return q.listParked(l)
	default:
		return q.listPending(l)
	}
}

// listPending pages through the lanes; the cursor counts the tasks seen.
func (q *queue) listPending(l broker.ListQuery) (broker.Page, error) {
	skip, err := parseSkip(l.Cursor)
	if err != nil {
		return broker.Page{}, err
	}
	var found []*task
	seen := skip
	for _, lane := range q.inOrder() {
		for k := skip; k < lane.len() && len(found) <= l.Limit; k++ {
			found = append(found, lane.at(k))
		}
		skip = max(0, skip-lane.len())
	}
	return page(found, l.Limit, func(*task) string { return skipped(seen + l.Limit) }), nil
}

// skipped is a cursor that counts the tasks seen.
func skipped(n int) string { return strconv.Itoa(n) }

func parseSkip(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(cursor)
	if err != nil || n < 0 {
		return 0, badCursor(cursor)
	}
	return n, nil
}

// inOrder are the lanes as they are listed: in each priority first that of the
// tasks without a group, then groups and keys by name.
func (q *queue) inOrder() (all []*deque[*task]) {
	for rank := range ranks {
		all = append(all, &q.lanes[rank])
		for _, l := range q.waitingIn(rank) {
			all = append(all, &l.tasks)
		}
	}
	return append(all, &q.lanes[suspects])
}

// listScheduled pages by due time and ID; the cursor is the last entry's.
func (q *queue) listScheduled(l broker.ListQuery) (broker.Page, error) {
	at, id, err := parseCursor(l.Cursor)
	if err != nil {
		return broker.Page{}, err
	}
	var found []*task // the first Limit + 1 after the cursor
	for i := range q.scheduled.moments {
		m := &q.scheduled.moments[i]
		full := len(found) > l.Limit
		if !earlier(at, id, m.at, m.id) || full && !m.before(found[l.Limit].at, found[l.Limit].ID) {
			continue
		}
		if full {
			found = found[:l.Limit]
		}
		k := sort.Search(len(found), func(k int) bool { return m.before(found[k].at, found[k].ID) })
		found = slices.Insert(found, k, m.value)
	}
	return page(found, l.Limit, cursor), nil
}

// listDead pages from the newest dead letter; the cursor is the last entry's.
func (q *queue) listDead(l broker.ListQuery) (broker.Page, error) {
	at, id, err := parseCursor(l.Cursor)
	if err != nil {
		return broker.Page{}, err
	}
	n := len(q.dead)
	if l.Cursor != "" {
		n = sort.Search(n, func(i int) bool { return !earlier(q.dead[i].at, q.dead[i].ID, at, id) })
	}
	found := slices.Clone(q.dead[max(0, n-l.Limit-1):n])
	slices.Reverse(found)
	return page(found, l.Limit, cursor), nil
}

// page cuts what was found to the limit; next makes the cursor after the last
// task that is shown.
func page(found []*task, limit int, next func(last *task) string) broker.Page {
	var p broker.Page
	if len(found) > limit {
		found = found[:limit]
		p.Next = next(found[limit-1])
	}
	for _, t := range found {
		p.Entries = append(p.Entries, t.entry())
	}
	return p
}

func cursor(t *task) string { return fmt.Sprintf("%d %s", t.at.UnixMilli(), t.ID) }

func parseCursor(s string) (time.Time, broker.ID, error) {
	if s == "" {
		return time.Time{}, broker.ID{}, nil
	}
	var ms int64
	var text string
	if _, err := fmt.Sscanf(s, "%d %s", &ms, &text); err != nil {
		return time.Time{}, broker.ID{}, badCursor(s)
	}
	id, err := broker.ParseID(text)
	if err != nil {
		return time.Time{}, broker.ID{}, badCursor(s)
	}
	return time.UnixMilli(ms), id, nil
}

func badCursor(s string) error {
	return fmt.Errorf("%w: %q is no cursor; use the last page's Next", broker.ErrInvalid, s)
}
