package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/examples/digest/files"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

const (
	enqueueBatch = 500
	collectors   = 256 // results that are waited for at once
	fullPause    = 100 * time.Millisecond
)

// A producer enqueues a task for each path and collects what becomes of them.
type producer struct {
	client   *taskqueue.Client
	progress *progress

	mu       sync.Mutex
	outcomes map[string]outcome
}

// An outcome is what became of the task of a path.
type outcome struct {
	id  taskqueue.ID
	sum *files.Sum // nil: the task is dead
	err error      // of a dead task
	at  time.Time  // when the producer learned of it
}

// A request is a task that is in.
type request struct {
	path   string
	future taskqueue.Future[*files.Sum]
}

func newProducer(client *taskqueue.Client, p *progress) *producer {
	return &producer{client: client, progress: p, outcomes: make(map[string]outcome)}
}

// digest returns when every task of the paths and of the faulty copies has
// ended, and what became of each of them, by path.
func (p *producer) digest(ctx context.Context, paths []string, faulty *faults) (map[string]outcome, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	requests := make(chan request, enqueueBatch)
	var work sync.WaitGroup
	do := func(f func() error) {
		work.Go(func() {
			if err := f(); err != nil {
				cancel(err)
			}
		})
	}
	do(func() error {
		defer close(requests)
		ids, err := p.enqueue(ctx, faulty.paths(), requests)
		if err != nil {
			return err
		}
		do(func() error { return faulty.heal(ctx, p.client, ids) })
		_, err = p.enqueue(ctx, paths, requests)
		return err
	})
	for range collectors {
		do(func() error { return p.collect(ctx, requests) })
	}
	work.Wait()
	return p.outcomes, context.Cause(ctx)
}

// enqueue adds a task for each path, batch by batch.
func (p *producer) enqueue(ctx context.Context, paths []string, requests chan<- request) ([]taskqueue.ID, error) {
	var all []taskqueue.ID
	for len(paths) > 0 {
		batch := paths[:min(len(paths), enqueueBatch)]
		paths = paths[len(batch):]
		ids, err := p.enqueueBatch(ctx, batch)
		if err != nil {
			return nil, err
		}
		for i, id := range ids {
			select {
			case requests <- request{batch[i], files.DigestFuture(p.client, id)}:
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
		all = append(all, ids...)
	}
	return all, nil
}

// enqueueBatch waits for room where the queue or the store is full: workers
// make some.
func (p *producer) enqueueBatch(ctx context.Context, paths []string) ([]taskqueue.ID, error) {
	jobs := make([]taskqueue.Job, len(paths))
	for i, path := range paths {
		jobs[i] = files.Digest{Path: path}.Job()
	}
	for {
		ids, err := p.client.EnqueueAll(ctx, jobs...)
		if err == nil || !errors.Is(err, taskqueue.ErrFull) {
			return ids, err
		}
		select {
		case <-time.After(fullPause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// collect waits for results.
func (p *producer) collect(ctx context.Context, requests <-chan request) error {
	for r := range requests {
		sum, err := r.future.Get(ctx)
		if _, dead := errors.AsType[*taskqueue.TaskError](err); err != nil && !dead {
			return err
		}
		p.mu.Lock()
		p.outcomes[r.path] = outcome{r.future.ID, sum, err, time.Now()}
		p.mu.Unlock()
		p.progress.add(sum)
	}
	return nil
}
