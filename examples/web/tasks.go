package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Thumbnail shrinks a picture.
//
//taskqueue:task timeout=10s retries=2
type Thumbnail struct {
	Picture string
	Width   int
}

// Execute does the work.
func (t *Thumbnail) Execute(ctx context.Context) error {
	if rand.IntN(50) == 0 {
		return taskqueue.Permanent(fmt.Errorf("%q is no picture: unexpected EOF at byte %d", t.Picture, rand.IntN(9000)))
	}
	return sleep(ctx, time.Duration(20+rand.ExpFloat64()*40)*time.Millisecond)
}

// Mail sends a mail, to a server that is not always there.
//
//taskqueue:task queue=high_priority retries=2
type Mail struct {
	To, Subject string
	Token       string `tq:"secret"` // whoever looks at the task does not see it
}

// Execute does the work.
func (m *Mail) Execute(ctx context.Context) error {
	if err := sleep(ctx, time.Duration(5+rand.ExpFloat64()*15)*time.Millisecond); err != nil {
		return err
	}
	if rand.IntN(4) == 0 {
		return fmt.Errorf("dial tcp 10.0.0.%d:25: connection refused", rand.IntN(8))
	}
	return nil
}

// Report adds up a month, which takes its time.
//
//taskqueue:task queue=low_priority retention=10m timeout=30s
type Report struct{ Month string }

// Execute does the work.
func (r *Report) Execute(ctx context.Context) (int, error) {
	return rand.IntN(1e6), sleep(ctx, time.Duration(2+rand.ExpFloat64()*3)*time.Second)
}

// crons are what nobody has to ask for.
func crons() []taskqueue.Cron {
	return []taskqueue.Cron{
		{Name: "newsletter", Spec: "30 7 * * MON-FRI", Zone: "Europe/Paris", Job: Mail{To: "all@example.com", Subject: "News"}.Job()},
		{Name: "report", Spec: "@hourly", Job: Report{Month: "this"}.Job()},
	}
}

// sleep stands for work.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// customers want something all the time.
func customers(client *taskqueue.Client) func(context.Context) error {
	return func(ctx context.Context) error {
		for n := 0; ctx.Err() == nil; n++ {
			jobs := []taskqueue.Job{Thumbnail{Picture: fmt.Sprintf("img_%05d.jpg", n), Width: 320}.Job()}
			if n%3 == 0 {
				jobs = append(jobs, Mail{To: fmt.Sprintf("user%d@example.com", n), Subject: "Your order", Token: fmt.Sprintf("%016x", rand.Uint64())}.Job())
			}
			if n%50 == 0 {
				jobs = append(jobs, Report{Month: fmt.Sprintf("2026-%02d", 1+n/50%12)}.Job())
			}
			if n%40 == 0 {
				jobs = append(jobs, Report{Month: "next"}.Job(taskqueue.In(time.Hour)))
			}
			_, err := client.EnqueueAll(ctx, jobs...)
			if err != nil && ctx.Err() == nil && !errors.Is(err, taskqueue.ErrUnavailable) && !errors.Is(err, taskqueue.ErrFull) {
				return err
			}
			_ = sleep(ctx, time.Duration(rand.ExpFloat64()*30)*time.Millisecond)
		}
		return nil
	}
}
