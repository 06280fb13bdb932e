package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/measure"
)

// How long rows live without being written again: so many ticks, and so long at
// least.
const (
	lostTicks    = 3
	shortestLife = 5 * time.Second
)

// Names of tables and rows. A fleet has a table and a log, and one for reports,
// which only the leader reads.
const (
	statesTable  = "autoscaler" // a row for each fleet
	tablePrefix  = "autoscaler:"
	reportPrefix = "autoscaler.reports:"
	planRow      = "plan"
	memberPrefix = "m/"
)

// MaxName bounds the name of a fleet, in bytes.
const MaxName = 100

// KeptDecisions is how many decisions of a fleet are kept.
const KeptDecisions = 10_000

// A Member is what a process says of itself.
type Member struct {
	Name     string `json:"-"`        // the worker's
	Capacity int    `json:"capacity"` // workers that it may have at most
	Workers  int    `json:"workers"`  // that it has, or is about to have
	Slots    int    `json:"slots"`    // of a worker
}

// A Plan is what the leader has decided for all.
type Plan struct {
	Epoch      uint64              `json:"-"`
	Leader     string              `json:"leader"`  // a member's name
	Desired    int                 `json:"desired"` // workers, of all processes together
	Min        int                 `json:"min"`
	Max        int                 `json:"max"`
	PerProcess int                 `json:"per_process"` // workers
	NeedMB     float64             `json:"need_mb"`     // memory of a task, on average; 0: not known
	Slots      int                 `json:"slots"`       // of a worker
	Target     autoscaler.Target   `json:"target"`
	Startup    float64             `json:"startup_s"` // measured: from asking for a worker to its first word
	Decision   autoscaler.Decision `json:"decision"`
}

// A View is a fleet at a moment.
type View struct {
	Plan    *Plan    // nil: nobody leads
	Members []Member // by name
}

// A Book is where the processes of a fleet write to each other. It is safe for
// concurrent use.
type Book struct {
	Store broker.Records
	Fleet string
	Life  time.Duration // of a plan, an announcement and a report
}

func (b *Book) table() string   { return tablePrefix + b.Fleet }
func (b *Book) reports() string { return reportPrefix + b.Fleet }

// Read looks at the fleet.
func (b *Book) Read(ctx context.Context) (v View, err error) {
	rows, err := b.Store.Records(ctx, b.table())
	if err != nil {
		return v, err
	}
	for i := range rows {
		if err := v.take(&rows[i]); err != nil {
			return v, fmt.Errorf("autoscaler of fleet %s: row %q: %w", b.Fleet, rows[i].Name, err)
		}
	}
	return v, nil
}

func (v *View) take(r *broker.Record) error {
	if r.Name == planRow {
		v.Plan = &Plan{Epoch: r.Version}
		return json.Unmarshal(r.Data, v.Plan)
	}
	name, ok := strings.CutPrefix(r.Name, memberPrefix)
	if !ok {
		return nil // of a later release
	}
	m := Member{Name: name}
	err := json.Unmarshal(r.Data, &m)
	v.Members = append(v.Members, m)
	return err
}

// Announce writes what a process says of itself.
func (b *Book) Announce(ctx context.Context, m Member) error {
	_, err := b.put(ctx, b.table(), broker.Record{Name: memberPrefix + m.Name, TTL: b.Life, If: broker.Any}, m)
	return err
}

// Report writes what a process has measured.
func (b *Book) Report(ctx context.Context, name string, r *measure.Report) error {
	_, err := b.put(ctx, b.reports(), broker.Record{Name: name, TTL: b.Life, If: broker.Any}, r)
	return err
}

// Reports reads what the processes have measured, by their names.
func (b *Book) Reports(ctx context.Context) (map[string]*measure.Report, error) {
	rows, err := b.Store.Records(ctx, b.reports())
	if err != nil {
		return nil, err
	}
	all := make(map[string]*measure.Report, len(rows))
	for _, row := range rows {
		r := new(measure.Report)
		if err := json.Unmarshal(row.Data, r); err != nil {
			return nil, fmt.Errorf("autoscaler of fleet %s: report of %q: %w", b.Fleet, row.Name, err)
		}
		all[row.Name] = r
	}
	return all, nil
}

// Lead writes a plan over the one of p.Epoch, 0 where there was none, and sets
// its new epoch. The error is broker.ErrStale if somebody else was faster.
func (b *Book) Lead(ctx context.Context, p *Plan) error {
	epoch, err := b.put(ctx, b.table(), broker.Record{Name: planRow, TTL: b.Life, If: p.Epoch}, p)
	if err == nil {
		p.Epoch = epoch
	}
	return err
}

// Leave takes a process out of the fleet. Where it led, epoch is of its plan, and
// another one leads at once.
func (b *Book) Leave(ctx context.Context, name string, epoch uint64) error {
	err := errors.Join(
		b.Store.Remove(ctx, b.table(), memberPrefix+name, broker.Any),
		b.Store.Remove(ctx, b.reports(), name, broker.Any),
	)
	if epoch == 0 {
		return err
	}
	if e := b.Store.Remove(ctx, b.table(), planRow, epoch); !errors.Is(e, broker.ErrStale) {
		err = errors.Join(err, e)
	}
	return err
}

func (b *Book) put(ctx context.Context, table string, r broker.Record, value any) (uint64, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return 0, err
	}
	r.Data = data
	return b.Store.Put(ctx, table, r)
}
