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
	crew := crew{cancel: cancel}
	crew.do(func() error { return p.enqueueBoth(ctx, &crew, paths, faulty, requests) })
	for range collectors {
		crew.do(func() error { return p.collect(ctx, requests) })
	}
	crew.Wait()
	return p.outcomes, context.Cause(ctx)
}

// enqueueBoth begins with the copies, so that they heal while the rest is
// under way.
func (p *producer) enqueueBoth(ctx context.Context, crew *crew, paths []string, faulty *faults, requests chan<- request) error {
	defer close(requests)
	ids, err := p.enqueue(ctx, faulty.paths(), requests)
	if err != nil {
		return err
	}
	crew.do(func() error { return faulty.heal(ctx, p.client, ids) })
	_, err = p.enqueue(ctx, paths, requests)
	return err
}

// A crew works until all of it is done; the first error stops it.
type crew struct {
	sync.WaitGroup
	cancel context.CancelCauseFunc
}

func (c *crew) do(f func() error) {
	c.Go(func() {
		if err := f(); err != nil {
			c.cancel(err)
		}
	})
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
		if err := p.request(ctx, batch, ids, requests); err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return all, nil
}

// request has the results of tasks collected.
func (p *producer) request(ctx context.Context, paths []string, ids []taskqueue.ID, requests chan<- request) error {
	for i, id := range ids {
		select {
		case requests <- request{paths[i], files.DigestFuture(p.client, id)}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// enqueueBatch waits for room where the queue or the store is full: workers
// make some.
func (p *producer) enqueueBatch(ctx context.Context, paths []string) ([]taskqueue.ID, error) {
	jobs := jobs(paths)
	for {
		ids, err := p.client.EnqueueAll(ctx, jobs...)
		if !errors.Is(err, taskqueue.ErrFull) {
			return ids, err
		}
		if err := files.Sleep(ctx, fullPause); err != nil {
			return nil, err
		}
	}
}

func jobs(paths []string) []taskqueue.Job {
	jobs := make([]taskqueue.Job, len(paths))
	for i, path := range paths {
		jobs[i] = files.Digest{Path: path}.Job()
	}
	return jobs
}

// collect waits for results.
func (p *producer) collect(ctx context.Context, requests <-chan request) error {
	for r := range requests {
		sum, err := r.future.Get(ctx)
		if _, dead := errors.AsType[*taskqueue.TaskError](err); err != nil && !dead {
			return err
		}
		p.book(r.path, outcome{r.future.ID, sum, err, time.Now()})
	}
	return nil
}

func (p *producer) book(path string, o outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outcomes[path] = o
	p.progress.add(o.sum)
}
