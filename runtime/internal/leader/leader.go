// Package leader lets one of many processes lead: the one whose name is in a row
// that expires. Nobody talks to anybody but the store.
package leader

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A Store is the part of a broker that an election needs.
type Store interface {
	Put(ctx context.Context, table string, r broker.Record) (uint64, error)
	Remove(ctx context.Context, table, name string, version uint64) error
	Records(ctx context.Context, table string, names ...string) ([]broker.Record, error)
}

// A Config says what is to be led, and by whom. All fields are needed.
type Config struct {
	Store Store
	Table string        // of the row
	Row   string        // what is to be led
	Self  string        // unique for each process start
	TTL   time.Duration // a leader that is not heard of for so long leads no more; at least 3 s is wise
}

// An Election is one process' part in it. It is safe for concurrent use.
type Election struct {
	Config

	campaign sync.Mutex // held by the one who talks to the store

	mu      sync.Mutex
	term    uint64 // the row's version when this process began to lead; 0: it does not
	version uint64 // the row's version now
	until   time.Time
	next    time.Time // when the store is asked again
	leader  string
}

// New makes an election in which nobody is known to lead.
func New(c Config) *Election { return &Election{Config: c} }

// Campaign makes this process the leader if there is none, and keeps it the
// leader if it is. It asks the store three times a TTL, however often it is
// called, and returns the term, as Term does. The error is that of a store that
// does not answer; a leader leads on until its time is up.
func (e *Election) Campaign(ctx context.Context) (term uint64, err error) {
	e.campaign.Lock()
	defer e.campaign.Unlock()
	held, due := e.due()
	if due {
		err = e.run(ctx, held)
	}
	if free, again := e.due(); due && again && err == nil {
		err = e.run(ctx, free)
	}
	return e.Term(), err
}

// Term is the number of this process' reign, or 0 where it does not lead. It
// is greater than those of all before, so it serves as a fencing token. It is 0
// before another process can have begun: time is counted from before the row
// was written.
func (e *Election) Term() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !time.Now().Before(e.until) {
		return 0
	}
	return e.term
}

// Leader is the process that was seen to lead last; empty: none was.
func (e *Election) Leader() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.leader
}

// Resign lets others lead at once.
func (e *Election) Resign(ctx context.Context) error {
	e.campaign.Lock()
	defer e.campaign.Unlock()
	e.mu.Lock()
	version := e.version
	e.term, e.version, e.until, e.next = 0, 0, time.Time{}, time.Time{}
	e.mu.Unlock()
	if version == 0 {
		return nil
	}
	err := e.Store.Remove(ctx, e.Table, e.Row, version)
	if errors.Is(err, broker.ErrStale) {
		return nil // it had expired, or somebody else leads already
	}
	return err
}

// due says whether the store should be asked, and which row is ours.
func (e *Election) due() (version uint64, due bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	return e.version, !now.Before(e.next)
}

// run writes the row over the one that it must be: ours, or none.
func (e *Election) run(ctx context.Context, version uint64) error {
	began := time.Now()
	written, err := e.Store.Put(ctx, e.Table, broker.Record{
		Name: e.Row, Data: []byte(e.Self), TTL: e.TTL, If: version,
	})
	switch {
	case err == nil:
		e.won(written, began, e.TTL)
		return nil
	case errors.Is(err, broker.ErrStale):
		return e.look(ctx)
	}
	return err
}

// look learns who leads. It may be this process: an answer was lost.
func (e *Election) look(ctx context.Context) error {
	began := time.Now()
	rows, err := e.Store.Records(ctx, e.Table, e.Row)
	if err != nil {
		return err
	}
	if len(rows) > 0 && bytes.Equal(rows[0].Data, []byte(e.Self)) {
		e.won(rows[0].Version, began, rows[0].TTL)
		return nil
	}
	e.lost(rows, began)
	return nil
}

// won notes that the row is ours for ttl from began.
func (e *Election) won(version uint64, began time.Time, ttl time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.term == 0 || e.version == 0 {
		e.term = version
	}
	e.version, e.leader = version, e.Self
	e.until, e.next = began.Add(ttl), began.Add(e.TTL/3)
}

// lost notes that the row is another's, or nobody's.
func (e *Election) lost(rows []broker.Record, began time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.term, e.version, e.until, e.leader = 0, 0, time.Time{}, ""
	if len(rows) == 0 {
		e.next = time.Time{} // it has just become free
		return
	}
	e.leader = string(rows[0].Data)
	e.next = began.Add(min(e.TTL/3, rows[0].TTL))
}
