package taskqueue

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

const (
	cronsTable  = "crons"
	cronTTL     = 10 * time.Minute // a cron that no worker has any more is listed so long
	cronRenewal = 3 * time.Minute

	announcedPayload = 40 << 10 // of a cron's task; a larger one is left out
)

// A cronRow is a cron as other processes read it. Message is the task of a tick.
type cronRow struct {
	Spec    string         `json:"spec"`
	Zone    string         `json:"zone,omitempty"`
	Missed  MissedPolicy   `json:"missed,omitempty"`
	Message broker.Message `json:"message"`
}

// A cronBoard is where a worker announces its crons.
type cronBoard struct {
	store   broker.Records
	changed chan struct{} // there is something new; capacity 1

	mu   sync.Mutex
	rows map[string]broker.Record
	told time.Time // zero: there is something new

	trouble // the announcer's alone
}

func newCronBoard(store broker.Records, log *slog.Logger) *cronBoard {
	return &cronBoard{store: store, changed: make(chan struct{}, 1), rows: make(map[string]broker.Record), trouble: trouble{log: log}}
}

// add announces a cron from now on.
func (b *cronBoard) add(c *Cron, m broker.Message) error {
	m.ID = broker.ID{}
	if len(m.Payload) > announcedPayload {
		m.Payload = nil
	}
	data, err := json.Marshal(cronRow{c.Spec, c.Zone, c.Missed, m})
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows[c.name()] = broker.Record{Name: c.name(), Data: data, TTL: cronTTL, If: broker.Any}
	b.told = time.Time{}
	select {
	case b.changed <- struct{}{}:
	default:
	}
	return nil
}

// remove announces a cron no more. Others may.
func (b *cronBoard) remove(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.rows, name)
}

// due lists what is to be told now.
func (b *cronBoard) due() (rows []broker.Record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.told) < cronRenewal {
		return nil
	}
	b.told = time.Now()
	for _, r := range b.rows {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(x, y broker.Record) int { return cmp.Compare(x.Name, y.Name) })
	return rows
}

// tell announces what is new or old, and all of it again if that fails.
func (b *cronBoard) tell(ctx context.Context) {
	for _, r := range b.due() {
		_, err := b.put(ctx, b.store, cronsTable, r)
		b.note("the crons of this worker cannot be announced; they run all the same", err)
		if err != nil {
			b.mu.Lock()
			b.told = time.Time{}
			b.mu.Unlock()
			return
		}
	}
}
