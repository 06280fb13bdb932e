package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// run does what the role says.
func (o *options) run(ctx context.Context, stdout, stderr *os.File) error {
	client, err := o.open(ctx)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	defer client.Close()
	switch o.role {
	case roleWorker:
		return o.work(ctx, client, stdout, stderr)
	case roleProducer:
		return o.produce(ctx, client, stdout)
	}
	return o.all(ctx, client, stdout, stderr)
}

func (o *options) open(ctx context.Context) (*taskqueue.Client, error) {
	client, err := taskqueue.Open(ctx, o.store)
	if errors.Is(err, taskqueue.ErrUnavailable) {
		err = fmt.Errorf("%w; start a server (docker compose up -d redis), or leave -redis out to run without one", err)
	}
	return client, err
}

// all is a producer with a worker beside it. The worker drains when the
// producer is through; without it the producer need not wait.
func (o *options) all(ctx context.Context, client *taskqueue.Client, stdout, stderr *os.File) error {
	worker, err := o.newWorker(client, o.logger(stderr))
	if err != nil {
		return usage("%w", err)
	}
	workerCtx, drain := context.WithCancel(ctx)
	producerCtx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	var work sync.WaitGroup
	work.Go(func() {
		if err := worker.Run(workerCtx); err != nil {
			giveUp(err)
		}
	})
	err = o.produce(producerCtx, client, stdout)
	drain()
	work.Wait()
	return err
}

// produce is the producer's role, from the files to the last line.
func (o *options) produce(ctx context.Context, client *taskqueue.Client, stdout *os.File) (err error) {
	root, paths, err := o.find(ctx)
	if err != nil {
		return err
	}
	faulty, err := plant(paths, o.faults)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, faulty.remove()) }()
	fmt.Fprintf(stdout, "%s Go files under %s and %d faulty copies, through %s\n",
		thousands(len(paths)), root, o.faults, o.storeName())

	outcomes, r, err := o.digest(ctx, client, paths, faulty, stdout)
	if err != nil {
		return interrupted(ctx, err)
	}
	if err := r.write(stdout); err != nil {
		return err
	}
	return errors.Join(r.judge(o.faults), o.compare(ctx, paths, outcomes, stdout))
}

// digest runs the tasks under a progress bar.
func (o *options) digest(ctx context.Context, client *taskqueue.Client, paths []string, faulty *faults, stdout *os.File) (map[string]outcome, *report, error) {
	p := newProgress(stdout, len(paths)+len(faulty.copies))
	done, shown := make(chan struct{}), make(chan struct{})
	go func() { defer close(shown); p.show(done) }()
	outcomes, err := newProducer(client, p).digest(ctx, paths, faulty)
	close(done)
	<-shown
	if err != nil {
		return nil, nil, err
	}
	r, err := newReport(ctx, client, p.start, paths, faulty, outcomes)
	return outcomes, r, err
}

// compare verifies, if that is wished. Its line is the last one.
func (o *options) compare(ctx context.Context, paths []string, outcomes map[string]outcome, stdout io.Writer) error {
	if !o.verify {
		return nil
	}
	agree, problems, err := verify(ctx, paths, outcomes)
	if err != nil {
		return interrupted(ctx, err)
	}
	const shown = 10
	for _, problem := range problems[:min(len(problems), shown)] {
		fmt.Fprintln(stdout, problem)
	}
	fmt.Fprintf(stdout, "verified %d of %d\n", agree, len(paths))
	if agree < len(paths) {
		return fmt.Errorf("%d files are not verified", len(paths)-agree)
	}
	return nil
}

// interrupted tells the user's own interruption from other errors.
func interrupted(ctx context.Context, err error) error {
	if !errors.Is(context.Cause(ctx), context.Canceled) {
		return err
	}
	return &exitError{exitInterrupted, errors.New("interrupted; what was begun is finished, nothing else is started")}
}
