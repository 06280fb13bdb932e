package tqtest

import (
	"fmt"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Refuse lets the next n sends fail with err, and nothing is in the store: use
// taskqueue.ErrUnavailable for a store that is away, taskqueue.ErrFull for one
// that takes no more. A send is an Enqueue, or one queue's jobs of an EnqueueAll;
// calls that meet may share one.
func (q *Queue) Refuse(n int, err error) {
	q.inject(n, fault{err: fmt.Errorf("%w: refused by the test", err)})
}

// LoseReplies lets the next n sends fail with taskqueue.ErrUnknown although their
// tasks are in: the reply was lost on its way.
func (q *Queue) LoseReplies(n int) {
	q.inject(n, fault{err: fmt.Errorf("%w: the test lost the reply", taskqueue.ErrUnknown), lost: true})
}

func (q *Queue) inject(n int, f fault) {
	q.store.mu.Lock()
	defer q.store.mu.Unlock()
	for range n {
		q.store.faults = append(q.store.faults, f)
	}
}
