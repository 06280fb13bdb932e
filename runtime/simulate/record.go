package simulate

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
	"github.com/tqgen/taskqueue/runtime/internal/measure"
)

// RecordOptions say what to record.
type RecordOptions struct {
	Fleet string        // default: the only one there is
	For   time.Duration // default: until the context ends
	Every time.Duration // between two looks; default and least 1s
	File  string        // to write to: FILE.csv or FILE.csv.gz; default: out
}

// open is where to write to: out, or the file.
func (o *RecordOptions) open(out io.Writer) (w io.Writer, end func() error, err error) {
	if o.File == "" {
		return out, func() error { return nil }, nil
	}
	f, err := os.Create(o.File)
	if err != nil {
		return nil, nil, fmt.Errorf("--out: %w", err)
	}
	if !strings.HasSuffix(o.File, ".gz") {
		return f, f.Close, nil
	}
	z := gzip.NewWriter(f)
	return z, func() error { return errors.Join(z.Close(), f.Close()) }, nil
}

// Record looks at a fleet with an autoscaler, once a second, until ctx ends or the
// time is over, and then writes what arrived as a trace, to out or a file. It is made of counters:
// when in a second a task came, and how long each took, is drawn at random, from
// the means and variances of its kind in that minute. The kinds that came most are
// the types 0 and 1, all others are type 2; queues are told apart by their weights.
func Record(ctx context.Context, client *taskqueue.Client, o RecordOptions, out io.Writer) error {
	w, end, err := o.open(out)
	if err != nil {
		return err
	}
	return errors.Join(record(ctx, client, o, w), end())
}

func record(ctx context.Context, client *taskqueue.Client, o RecordOptions, out io.Writer) error {
	fleet, err := theFleet(ctx, client, o.Fleet)
	if err != nil {
		return err
	}
	r, err := newRecorder(ctx, client, fleet)
	if err != nil {
		return err
	}
	if o.For > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, o.For)
		defer stop()
	}
	if err := r.record(ctx, max(o.Every, time.Second)); err != nil {
		return err
	}
	tr := r.trace()
	if len(tr.Tasks) == 0 {
		return fmt.Errorf("record: nothing came to fleet %s in %.0f s", fleet.Name, tr.Duration)
	}
	return sim.WriteTrace(out, tr)
}

// theFleet is the one of that name, or the only one.
func theFleet(ctx context.Context, client *taskqueue.Client, name string) (taskqueue.Fleet, error) {
	fleets, err := client.Fleets(ctx)
	if err != nil {
		return taskqueue.Fleet{}, err
	}
	var names []string
	for _, f := range fleets {
		if f.Name == name || name == "" && len(fleets) == 1 {
			return f, nil
		}
		names = append(names, f.Name)
	}
	if len(names) == 0 {
		return taskqueue.Fleet{}, errors.New("record: no worker has an autoscaler")
	}
	return taskqueue.Fleet{}, fmt.Errorf("record: --fleet: %q is none of %s", name, strings.Join(names, ", "))
}

// A recorder adds up what a fleet's processes report.
type recorder struct {
	client *taskqueue.Client
	fleet  taskqueue.Fleet
	sum    *measure.Sum
	lanes  []int // the trace's queue, by queue
	looks  []look
}

// A look is what was counted up to a moment.
type look struct {
	at      time.Time
	arrived [][]uint64 // by queue and kind
	kinds   []attempts
}

// attempts that succeeded: how many, and their times.
type attempts struct {
	count            uint64
	seconds, squares float64
}

// newRecorder learns the fleet's queues from its processes.
func newRecorder(ctx context.Context, client *taskqueue.Client, fleet taskqueue.Fleet) (*recorder, error) {
	reports, err := client.FleetReports(ctx, fleet.Name)
	if err != nil {
		return nil, err
	}
	r := &recorder{client: client, fleet: fleet}
	var queues []measure.Queue
	for _, report := range reports {
		for _, q := range report.Queues {
			if !slices.ContainsFunc(queues, func(o measure.Queue) bool { return o.Name == q.Name }) {
				queues = append(queues, measure.Queue{Name: q.Name, Weight: 1})
			}
		}
	}
	if len(queues) == 0 {
		return nil, fmt.Errorf("record: no process of fleet %s is running", fleet.Name)
	}
	slices.SortFunc(queues, func(a, b measure.Queue) int { return strings.Compare(a.Name, b.Name) })
	for _, q := range queues {
		r.lanes = append(r.lanes, laneOf(client, q.Name))
	}
	r.sum = measure.NewSum(queues)
	return r, nil
}

// laneOf is the trace's queue for one of ours.
func laneOf(client *taskqueue.Client, queue string) int {
	table := client.QueueTable()
	own, _ := table.Get(queue)
	usual, _ := table.Get(taskqueue.Default)
	switch {
	case own.Weight > usual.Weight:
		return sim.High
	case own.Weight < usual.Weight:
		return sim.Low
	}
	return sim.Default
}

// record looks until ctx ends. A look that fails is missing: the next one counts
// for both.
func (r *recorder) record(ctx context.Context, every time.Duration) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var last error
	for ctx.Err() == nil {
		last = r.look(ctx)
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	if len(r.looks) < 2 {
		return errors.Join(errors.New("record: there was not time enough for two looks"), last)
	}
	return nil
}

func (r *recorder) look(ctx context.Context) error {
	infos, err := r.sum.Look(ctx, r.client)
	if err != nil {
		return err
	}
	reports, err := r.client.FleetReports(ctx, r.fleet.Name)
	if err != nil {
		return err
	}
	o := r.sum.Observe(infos, reports, 1)
	l := look{at: time.Now()}
	for i := range o.Queues {
		var arrived []uint64
		for _, f := range o.Queues[i].Flows {
			arrived = append(arrived, f.Arrived)
		}
		l.arrived = append(l.arrived, arrived)
	}
	for i := range o.Types {
		t := &o.Types[i]
		l.kinds = append(l.kinds, attempts{t.Succeeded, t.SuccessSeconds, t.SuccessSquares})
	}
	r.looks = append(r.looks, l)
	return nil
}
