package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/internal/chaos/work"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A senderPlan is what a producer sends.
type senderPlan struct {
	Seed   uint64
	Count  int
	Rate   int // a second; 0: as fast as it goes
	Bulk   int // so many go in at once, every other time; 0: one by one
	Hands  int // goroutines; 0: 1
	Step   work.Step
	Spread time.Duration // Step.For is up to that much longer
	Delay  time.Duration // the longest; each task gets another
	Extra  int           // every so many is a task of the kind Extra; 0: none
}

// send enqueues tasks under ids of its own, so that it can repeat a send of
// which it did not hear.
func (p *plan) send(ctx context.Context, client *taskqueue.Client, ledger *Ledger) error {
	s := &sender{plan: p.Sender, client: client, ledger: ledger, fault: p.Fault, errs: make(chan error, 1), numbers: make(chan int)}
	var hands sync.WaitGroup
	for hand := range max(1, p.Sender.Hands) {
		hands.Go(func() { s.run(ctx, rand.New(rand.NewPCG(p.Sender.Seed, uint64(hand)))) })
	}
	s.deal(ctx)
	hands.Wait()
	select {
	case err := <-s.errs:
		return err
	default:
		return nil
	}
}

type sender struct {
	plan    *senderPlan
	client  *taskqueue.Client
	ledger  *Ledger
	fault   string
	numbers chan int
	errs    chan error
}

// deal hands out the numbers of the tasks, at the rate of the plan.
func (s *sender) deal(ctx context.Context) {
	defer close(s.numbers)
	start := time.Now()
	for n := range s.plan.Count {
		if s.plan.Rate > 0 {
			due := start.Add(time.Duration(n) * time.Second / time.Duration(s.plan.Rate))
			if sleep(ctx, time.Until(due)) != nil {
				return
			}
		}
		select {
		case s.numbers <- n:
		case <-ctx.Done():
			return
		}
	}
}

func (s *sender) run(ctx context.Context, random *rand.Rand) {
	for ctx.Err() == nil {
		batch := s.take(random)
		if len(batch) == 0 {
			return
		}
		if err := s.put(ctx, batch, random); err != nil {
			select {
			case s.errs <- err:
			default:
			}
		}
	}
}

// take takes one number or, every other time, as many as go in at once.
func (s *sender) take(random *rand.Rand) (numbers []int) {
	want := 1
	if s.plan.Bulk > 0 && random.IntN(2) == 0 {
		want = s.plan.Bulk
	}
	for n := range s.numbers {
		if numbers = append(numbers, n); len(numbers) == want {
			break
		}
	}
	return numbers
}

// put sends tasks until they are in.
func (s *sender) put(ctx context.Context, numbers []int, random *rand.Rand) error {
	jobs := make([]taskqueue.Job, len(numbers))
	ids := make([]string, len(numbers))
	for i, n := range numbers {
		id := taskqueue.NewID(queueName)
		ids[i] = id.String()
		jobs[i] = s.job(n, id, random)
		r := Record{Event: Sent, ID: ids[i]}
		if s.plan.Delay > 0 {
			d := time.Duration(random.Int64N(int64(s.plan.Delay))).Truncate(time.Millisecond)
			if s.fault != faultNoDelay {
				jobs[i] = jobs[i].With(taskqueue.In(d))
			}
			r.Due = time.Now().Add(d)
		}
		if err := s.ledger.Write(r); err != nil {
			return err
		}
	}
	if s.fault == faultAckUnsent && random.IntN(10) == 0 {
		return s.note(Acked, ids, "")
	}
	event, text := answer(ctx, s.insist(ctx, jobs))
	return s.note(event, ids, text)
}

// answer is what a producer makes of an error: Sent, once more, where it does
// not know what became of the tasks.
func answer(ctx context.Context, err error) (event Event, text string) {
	switch {
	case err == nil:
		return Acked, ""
	case ctx.Err() != nil:
		return Sent, err.Error()
	}
	return Refused, err.Error()
}

func (s *sender) job(n int, id taskqueue.ID, random *rand.Rand) taskqueue.Job {
	if s.plan.Extra > 0 && n%s.plan.Extra == 0 {
		return work.Extra{N: n}.Job(taskqueue.WithID(id))
	}
	step := s.plan.Step
	step.N = n
	if s.plan.Spread > 0 {
		step.For += time.Duration(random.Int64N(int64(s.plan.Spread)))
	}
	return step.Job(taskqueue.WithID(id))
}

// insist repeats what is worth repeating: no answer, and no room.
func (s *sender) insist(ctx context.Context, jobs []taskqueue.Job) error {
	for {
		var err error
		if len(jobs) == 1 {
			_, err = s.client.Enqueue(ctx, jobs[0])
		} else {
			_, err = s.client.EnqueueAll(ctx, jobs...)
		}
		if err == nil || !passing(err) {
			return err
		}
		if sleepErr := sleep(ctx, 10*time.Millisecond); sleepErr != nil {
			return fmt.Errorf("%w: %w", err, sleepErr)
		}
	}
}

func passing(err error) bool {
	return errors.Is(err, taskqueue.ErrUnknown) || errors.Is(err, taskqueue.ErrUnavailable) || errors.Is(err, taskqueue.ErrFull)
}

func (s *sender) note(event Event, ids []string, text string) error {
	for _, id := range ids {
		if err := s.ledger.Write(Record{Event: event, ID: id, Note: text}); err != nil {
			return err
		}
	}
	return nil
}
