package membroker

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// park lets a task wait for a worker that knows its shape. One of a shape too many
// is put off.
func (q *queue) park(t *task, due time.Time) {
	s := t.Shape()
	if len(q.parked) >= broker.MaxShapes && q.parked[s] == nil {
		q.counts.Released++
		q.schedule(t, due)
		return
	}
	q.parkings++
	q.become(t, broker.Parked)
	t.at, t.order, t.progress = time.Time{}, q.parkings, nil
	q.parked[s] = append(q.parked[s], t)
	q.counts.Parked++
}

// unpark lets tasks of some shapes wait at the heads of their lanes.
func (q *queue) unpark(shapes []broker.Shape, now time.Time) {
	var back []*task
	for _, s := range shapes {
		n := min(len(q.parked[s]), broker.PromoteBatch-len(back))
		back = append(back, q.parked[s][:n]...)
		q.keepParked(s, slices.Clone(q.parked[s][n:]))
	}
	slices.SortFunc(back, func(a, b *task) int { return cmp.Compare(a.order, b.order) })
	for _, t := range slices.Backward(back) {
		q.pend(t)
		if t.Grouped() {
			q.wait(t, now)
		} else {
			q.lanes[laneOf(&t.Message)].pushFront(t)
		}
	}
}

// unparked takes a task out of the parked ones.
func (q *queue) unparked(t *task) {
	s := t.Shape()
	q.keepParked(s, slices.DeleteFunc(slices.Clone(q.parked[s]), func(other *task) bool { return other == t }))
}

// keepParked replaces the parked tasks of a shape.
func (q *queue) keepParked(s broker.Shape, tasks []*task) {
	q.counts.Parked += int64(len(tasks) - len(q.parked[s]))
	q.parked[s] = tasks
	if len(tasks) == 0 {
		delete(q.parked, s)
	}
}

// shapes are those of the parked tasks.
func (q *queue) shapes() []broker.Shape {
	return slices.SortedFunc(maps.Keys(q.parked), broker.Shape.Compare)
}

// unparkable reports whether tasks of one of the shapes are parked.
func (q *queue) unparkable(shapes []broker.Shape) bool {
	return slices.ContainsFunc(shapes, func(s broker.Shape) bool { return q.parked[s] != nil })
}

// listParked pages by shape, then in the order of parking; the cursor is the last
// entry's number.
func (q *queue) listParked(l broker.ListQuery) (broker.Page, error) {
	var all []*task
	for _, s := range q.shapes() {
		all = append(all, q.parked[s]...)
	}
	skip, err := parseSkip(l.Cursor)
	if err != nil {
		return broker.Page{}, err
	}
	return page(all[min(skip, len(all)):], l.Limit, func(*task) string { return skipped(skip + l.Limit) }), nil
}
