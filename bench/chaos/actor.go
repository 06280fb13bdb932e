package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/hibiken/asynq"

	"github.com/tqgen/taskqueue/internal/chaos"
)

// actorVariable holds the plan of a process: the program starts itself again
// with it.
const actorVariable = "TASKQUEUE_CHAOS_ASYNQ"

const (
	queueName = "chaos"
	kindStep  = "work:step"
	kindExtra = "work:extra"
)

// A plan is what a process shall do. asynq is used as its README does, with its
// defaults where the plan says nothing.
type plan struct {
	Name, URL, Dir string
	Role           string // worker, sender, scheduler

	Slots int           // of a worker
	Old   bool          // it does not know kindExtra
	Pause time.Duration // between retries; 0: asynq's

	Count, Rate int // of a sender
	Extra       int // every so many is of kindExtra; 0: none
	Retries     int // of a task; 0: asynq's 25
	Step        step
}

// A step is the payload of a task.
type step struct {
	For    time.Duration
	Goexit bool // at its first run
}

func isActor() bool { return os.Getenv(actorVariable) != "" }

// act is the life of a process; it returns the exit code.
func act() int {
	if err := live(); err != nil {
		fmt.Fprintln(os.Stderr, "actor:", err)
		return 1
	}
	return 0
}

func live() error {
	var p plan
	if err := json.Unmarshal([]byte(os.Getenv(actorVariable)), &p); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	ledger, err := chaos.OpenLedger(p.Dir, p.Name)
	if err != nil {
		return err
	}
	redis, err := asynq.ParseRedisURI(p.URL)
	if err != nil {
		return err
	}
	err = ledger.Write(chaos.Record{Event: chaos.Up})
	switch p.Role {
	case "worker":
		err = errors.Join(err, p.work(ctx, redis, ledger))
	case "sender":
		err = errors.Join(err, p.send(ctx, redis, ledger))
	case "scheduler":
		err = errors.Join(err, p.schedule(ctx, redis))
	}
	return errors.Join(err, ledger.Write(chaos.Record{Event: chaos.Down}), ledger.Close())
}

func (p *plan) work(ctx context.Context, redis asynq.RedisConnOpt, ledger *chaos.Ledger) error {
	config := asynq.Config{Concurrency: p.Slots, Queues: map[string]int{queueName: 1}, LogLevel: asynq.FatalLevel}
	if p.Pause > 0 {
		config.RetryDelayFunc = func(int, error, *asynq.Task) time.Duration { return p.Pause }
		config.DelayedTaskCheckInterval = p.Pause
	}
	server := asynq.NewServer(redis, config)
	h := &handler{ledger: ledger, name: p.Name}
	mux := asynq.NewServeMux()
	mux.HandleFunc(kindStep, h.step)
	if !p.Old {
		mux.HandleFunc(kindExtra, h.step)
	}
	if err := server.Start(mux); err != nil {
		return err
	}
	<-ctx.Done()
	server.Shutdown()
	return nil
}

// A handler does what tasks ask for and writes it down.
type handler struct {
	ledger *chaos.Ledger
	name   string
}

// step is a run. asynq has no fencing tokens: the time of the start stands for
// one, so that the checker does not report the lack again and again.
func (h *handler) step(ctx context.Context, t *asynq.Task) error {
	var s step
	if err := json.Unmarshal(t.Payload(), &s); err != nil {
		return err
	}
	id, _ := asynq.GetTaskID(ctx)
	failed, _ := asynq.GetRetryCount(ctx)
	r := chaos.Record{ID: id, Worker: h.name, Token: uint32(time.Now().UnixMilli()), Attempt: failed + 1}
	begin, end := r, r
	begin.Event, end.Event, end.How = chaos.Began, chaos.Ended, chaos.Done
	if err := h.ledger.Write(begin); err != nil {
		return err
	}
	if s.Goexit && failed == 0 {
		end.How = chaos.Failed
		_ = h.ledger.Write(end) // nobody would hear of the error
		runtime.Goexit()
	}
	timer := time.NewTimer(s.For)
	defer timer.Stop()
	select {
	case <-timer.C:
		return h.ledger.Write(end)
	case <-ctx.Done():
		end.How = chaos.Interrupted
		return errors.Join(ctx.Err(), h.ledger.Write(end))
	}
}

// send enqueues tasks under ids of its own and repeats a send of which it did not
// hear, as our producers do.
func (p *plan) send(ctx context.Context, redis asynq.RedisConnOpt, ledger *chaos.Ledger) error {
	client := asynq.NewClient(redis)
	defer client.Close()
	start := time.Now()
	for n := range p.Count {
		if p.Rate > 0 {
			time.Sleep(time.Until(start.Add(time.Duration(n) * time.Second / time.Duration(p.Rate))))
		}
		if ctx.Err() != nil {
			return nil
		}
		if err := p.put(ctx, client, ledger, n); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) put(ctx context.Context, client *asynq.Client, ledger *chaos.Ledger, n int) error {
	payload, err := json.Marshal(p.Step)
	if err != nil {
		return err
	}
	kind := kindStep
	if p.Extra > 0 && n%p.Extra == 0 {
		kind = kindExtra
	}
	id := chaos.NewID()
	options := []asynq.Option{asynq.Queue(queueName), asynq.TaskID(id), asynq.Retention(time.Hour)}
	if p.Retries > 0 {
		options = append(options, asynq.MaxRetry(p.Retries))
	}
	if err := ledger.Write(chaos.Record{Event: chaos.Sent, ID: id}); err != nil {
		return err
	}
	for {
		_, err := client.EnqueueContext(ctx, asynq.NewTask(kind, payload), options...)
		switch {
		case err == nil:
			return ledger.Write(chaos.Record{Event: chaos.Acked, ID: id})
		case errors.Is(err, asynq.ErrTaskIDConflict), errors.Is(err, asynq.ErrDuplicateTask):
			return ledger.Write(chaos.Record{Event: chaos.Refused, ID: id, Note: err.Error()})
		case ctx.Err() != nil:
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// schedule fires every second.
func (p *plan) schedule(ctx context.Context, redis asynq.RedisConnOpt) error {
	scheduler := asynq.NewScheduler(redis, &asynq.SchedulerOpts{LogLevel: asynq.FatalLevel})
	payload, err := json.Marshal(p.Step)
	if err != nil {
		return err
	}
	if _, err := scheduler.Register("@every 1s", asynq.NewTask(kindExtra, payload), asynq.Queue(queueName), asynq.Retention(time.Hour)); err != nil {
		return err
	}
	if err := scheduler.Start(); err != nil {
		return err
	}
	<-ctx.Done()
	scheduler.Shutdown()
	return nil
}
