package taskqueue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/internal/cron"
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/scheduler"
)

// A Cron enqueues a job at the ticks of a schedule. Each tick becomes one task,
// however many workers have the same cron: all of them should have it. It never
// comes before its tick by the store's clock, whatever the machines' clocks show.
//
// The task has the headers [CronName] and [CronTick]. A job with a Unique key
// leaves out the ticks at which an earlier task still holds it.
type Cron struct {
	// Name is the memory of the cron in the store: its last tick. Change the
	// spec and keep the name. It follows [A-Za-z0-9_.:-]{1,128}. Default: the
	// kind of the job; a worker's crons have different names.
	Name string

	// Spec has five fields (minute hour day month weekday), or six with the
	// second first: "*/15 9-17 * * MON-FRI". A field is a list of numbers,
	// names (JAN, MON), ranges and steps; L is the month's last day, MON#1 its
	// first Monday, FRIL its last Friday. If both day and weekday are given,
	// either one is enough. Or one of @hourly, @daily, @weekly, @monthly,
	// @yearly and "@every 90s", which counts from the Unix epoch.
	//
	// A time that is skipped when clocks are put forward runs right after the
	// gap; one that comes twice when they are put back runs the first time. But
	// a spec for every hour, or with a range, a step or * in its minutes or
	// seconds, keeps its pace.
	Spec string

	// Zone is the time zone of Spec, by its IANA name: "Europe/Paris". Default
	// UTC.
	Zone string

	// Missed says what happens to ticks while no worker ran. Default MissedSkip.
	Missed MissedPolicy

	// Job is enqueued at each tick. It has no In, At or WithID.
	Job Job
}

// A MissedPolicy is how many missed ticks of a cron are made up for, up to 1000:
// the newest ones. Before its first tick a cron has missed nothing.
type MissedPolicy int

const (
	// MissedSkip leaves missed ticks out. The newest one is not missed while it
	// is no older than a minute.
	MissedSkip MissedPolicy = 0
	// MissedOnce makes up for the newest one.
	MissedOnce MissedPolicy = 1
	// MissedAll makes up for all, up to the newest 1000.
	MissedAll MissedPolicy = 1000
)

// The headers of a cron's tasks.
const (
	CronName = "cron"      // the cron's name
	CronTick = "cron-tick" // when it was due: RFC 3339, in the cron's zone
)

// A Tick is an instant at which a cron runs.
type Tick struct {
	Name string    // of the cron
	At   time.Time // in the cron's zone
}

// Next lists the n ticks after an instant. The error is ErrInvalid for a bad
// spec or zone; the job is not looked at.
func (c *Cron) Next(after time.Time, n int) ([]time.Time, error) {
	schedule, err := c.schedule()
	if err != nil {
		return nil, err
	}
	ticks := make([]time.Time, 0, max(n, 0))
	for range n {
		after = schedule.Next(after)
		ticks = append(ticks, after)
	}
	return ticks, nil
}

func (c *Cron) schedule() (*cron.Schedule, error) {
	zone, zoneErr := cron.Zone(c.Zone)
	schedule, err := cron.Parse(c.Spec, zone)
	if err = errors.Join(zoneErr, err); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return schedule, nil
}

func (c *Cron) name() string { return cmp.Or(c.Name, c.Job.Kind()) }

// AddCron adds a cron to a worker, running or not. The error is ErrInvalid if
// something is wrong with it, or its name is taken.
func (w *Worker) AddCron(c Cron) error {
	return w.addCron(&c)
}

func (w *Worker) addCron(c *Cron) error {
	s, m, err := w.client.planCron(c)
	if err == nil {
		err = w.crons.Add(s)
	}
	if err == nil {
		err = w.board.add(c, m)
	}
	return err
}

// RemoveCron ends a cron of this worker, not of others, and reports whether it
// was there.
func (w *Worker) RemoveCron(name string) bool {
	w.board.remove(name)
	return w.crons.Remove(name)
}

// NextTicks lists the next n ticks of all crons of the worker together, by the
// store's clock once Run has asked for it.
func (w *Worker) NextTicks(n int) []Tick {
	var ticks []Tick
	for _, t := range w.crons.Next(n) {
		ticks = append(ticks, Tick(t))
	}
	return ticks
}

// addCrons adds a config's crons, or tells all that is wrong with them.
func (w *Worker) addCrons(crons []Cron) error {
	var errs []error
	for i := range crons {
		if err := w.addCron(&crons[i]); err != nil {
			//lint:ignore ST1005 it begins with the name of a field
			errs = append(errs, fmt.Errorf("Crons[%d]: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

// planCron checks a cron and turns it into the engine's. Its job is made once
// to see that it can be, and where it goes.
func (c *Client) planCron(given *Cron) (scheduler.Schedule, broker.Message, error) {
	ticks, err := given.schedule()
	message, jobErr := c.tick(context.Background(), given, time.Now())
	if err := errors.Join(err, given.check(), jobErr); err != nil {
		return scheduler.Schedule{}, message, err
	}
	kept, queue := *given, message.Queue
	return scheduler.Schedule{
		Name: given.name(), Queue: queue, Ticks: ticks, Missed: int(given.Missed),
		Make: func(ctx context.Context, at time.Time) (broker.Message, error) {
			m, err := c.tick(ctx, &kept, at)
			if err == nil && m.Queue != queue {
				err = fmt.Errorf("%w: a Preparer sends the job to queue %s, and sent it to %s before; a cron needs one queue", ErrInvalid, m.Queue, queue)
			}
			return m, err
		},
	}, message, nil
}

// check reports what is wrong beside the spec and what any job may have.
func (c *Cron) check() error {
	var errs []error
	if c.Missed < MissedSkip || c.Missed > MissedAll {
		errs = append(errs, fmt.Errorf("%w: Missed %d is outside %d to %d", ErrInvalid, c.Missed, MissedSkip, MissedAll))
	}
	if j := &c.Job; j.delay > 0 || !j.due.IsZero() || !j.id.IsZero() {
		errs = append(errs, fmt.Errorf("%w: the job of a cron has no In, At or WithID: each tick is a new task, due then", ErrInvalid))
	}
	if name := c.name(); name != "" { // else the job is the zero Job
		errs = append(errs, broker.CheckName("cron's name", name))
	}
	return errors.Join(errs...)
}

// tick makes the message of a cron at an instant.
func (c *Client) tick(ctx context.Context, given *Cron, at time.Time) (m broker.Message, err error) {
	job := given.Job.With(WithHeader(CronName, given.name()), WithHeader(CronTick, at.Format(time.RFC3339Nano)))
	if m.Payload, err = c.fill(ctx, nil, &job, &m, time.Now()); err != nil {
		return m, err
	}
	return m, m.Check()
}
