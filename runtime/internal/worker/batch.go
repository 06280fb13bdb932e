package worker

import (
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A Batch says how several tasks of a kind are run by one call. All shapes of a
// kind share it.
type Batch struct {
	Max    int           // tasks in one call
	Linger time.Duration // how long the first one waits for others; 0: not at all
	Run    func(r *Run, leases []*broker.Lease) []error
}

// A batch is what the tasks of one call have in common. Its own Run, the call, is
// a run like any other: it waits in the buffer, holds a slot, has a deadline and is
// the handler's context. Those of the tasks only have leases to settle.
type batch struct {
	runs []*Run
	errs []error     // of the runs, once the call is over; nil: all are done
	stop *time.Timer // ends the linger; nil: there is none
}

// parts yields the runs whose leases r stands for: itself, or those of its batch.
func (r *Run) parts(yield func(*Run) bool) {
	if r.batch == nil {
		yield(r)
		return
	}
	for _, part := range r.batch.runs {
		if !yield(part) {
			return
		}
	}
}

// Parts are the runs of the tasks that a call of a batch runs, in their order;
// else the run itself.
func (r *Run) Parts() []*Run { return slices.Collect(r.parts) }

// size is how many leases r stands for.
func (r *Run) size() int {
	if r.batch == nil {
		return 1
	}
	return len(r.batch.runs)
}

// collect puts a run into the batch of its kind that is open in its queue; the
// caller holds mu. One that may kill its worker is alone in its batch.
func (e *Engine) collect(q *queue, r *Run) {
	b := r.kind.Batch
	suspect := r.Lease.Lost >= broker.SuspectAfter
	i := slices.IndexFunc(q.open, func(c *Run) bool { return c.kind.Batch == b })
	if i < 0 || suspect {
		i = len(q.open)
		q.open = append(q.open, e.call(q, r))
		e.gathering++
	} else {
		c := q.open[i]
		c.batch.runs = append(c.batch.runs, r)
	}
	if suspect || len(q.open[i].batch.runs) == b.Max {
		e.shut(q, i)
	}
}

// call makes the run of a batch that begins with r.
func (e *Engine) call(q *queue, r *Run) *Run {
	c := &Run{
		Lease: r.Lease, Worker: r.Worker, engine: e, kind: r.kind, queue: q, epoch: q.epoch, place: -1,
		batch: &batch{runs: []*Run{r}},
	}
	if d := r.kind.Batch.Linger; d > 0 {
		c.batch.stop = time.AfterFunc(d, func() { e.lingered(c) })
	}
	return c
}

// lingered ends the wait of a batch for more tasks.
func (e *Engine) lingered(c *Run) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if i := slices.Index(c.queue.open, c); i >= 0 {
		e.shut(c.queue, i)
		e.wake()
	}
}

// shutAll ends the gathering of those that do not linger.
func (e *Engine) shutAll(q *queue) {
	for i, c := range slices.Backward(q.open) {
		if c.batch.stop == nil {
			e.shut(q, i)
		}
	}
}

// shut moves an open batch to the buffer.
func (e *Engine) shut(q *queue, i int) {
	c := q.open[i]
	e.drop(q, i)
	e.push(q, c)
}

// drop takes an open batch out of those that gather.
func (e *Engine) drop(q *queue, i int) {
	if stop := q.open[i].batch.stop; stop != nil {
		stop.Stop()
	}
	q.open = slices.Delete(q.open, i, i+1)
	e.gathering--
}

// hunger learns how many tasks more than there are slots for a queue may claim,
// so that its batches get full: as long as there are no others among them.
func (q *queue) hunger(c *broker.Cycle, runs []Run) {
	batched, most := 0, 0
	for i := range runs {
		if k := runs[i].kind; k != nil && k.Batch != nil {
			batched++
			most = max(most, k.Batch.Max-1)
		}
	}
	switch {
	case batched == 0:
		q.extra = 0
	case batched < len(runs):
		q.extra = q.extra * batched / (2 * len(runs))
	case len(runs) >= c.Want.Max:
		q.extra = min(2*q.extra+len(runs), most)
	}
}

// sift discards the tasks of a run that are not to be run, for the reason that why
// gives; false: none is left. The caller holds mu.
func (e *Engine) sift(r *Run, why func(*broker.Lease) error) bool {
	unwanted := func(part *Run) bool {
		err := why(part.Lease)
		if err != nil {
			e.discard(part.queue, part.Lease, err)
		}
		return err != nil
	}
	if r.batch == nil {
		return !unwanted(r)
	}
	if r.batch.runs = slices.DeleteFunc(r.batch.runs, unwanted); len(r.batch.runs) == 0 {
		return false
	}
	r.Lease = r.batch.runs[0].Lease
	return true
}

// timeout is how long a run may take: of a batch the shortest time of its tasks.
func (r *Run) timeout() (shortest time.Duration) {
	for part := range r.parts {
		if d := part.Lease.Timeout; d > 0 && (shortest == 0 || d < shortest) {
			shortest = d
		}
	}
	return shortest
}

// runBatch runs the tasks of a call.
func (r *Run) runBatch() {
	leases := make([]*broker.Lease, len(r.batch.runs))
	for i, part := range r.batch.runs {
		leases[i] = part.Lease
	}
	r.batch.errs = r.kind.Batch.Run(r, leases)
}

// err is what became of the i-th task of a batch whose call ended with err.
func (b *batch) err(i int, err error) error {
	if err == nil && i < len(b.errs) {
		return b.errs[i]
	}
	return err
}
