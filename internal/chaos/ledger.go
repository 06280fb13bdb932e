package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// An Event is what a record is about.
type Event string

// What producers, workers and the scenario write down.
const (
	Sent    Event = "sent"    // before Enqueue
	Acked   Event = "acked"   // Enqueue returned nil
	Refused Event = "refused" // Enqueue returned an error that repeating cannot mend

	Began Event = "began" // a handler
	Ended Event = "ended" // a handler; Record.How tells how

	Up   Event = "up"   // a process works
	Down Event = "down" // a process ended in good order

	Killed  Event = "killed"  // SIGKILL to Record.Actor
	Paused  Event = "paused"  // SIGSTOP, or its network is cut
	Resumed Event = "resumed" // the end of that
	Stopped Event = "stopped" // SIGTERM

	StoreDown Event = "store down"
	StoreUp   Event = "store up"

	Beat Event = "beat" // the actor gets to work, of late; so does the store, for storeActor
)

// The ways in which a handler ends.
const (
	Done        = "done"
	Failed      = "failed"      // by an error, a panic, a Goexit or a timeout
	Interrupted = "interrupted" // its context ended for the worker's sake
)

// A Record is one line of a ledger.
type Record struct {
	At    time.Time
	Actor string
	Event Event

	ID      string    `json:",omitempty"`
	Due     time.Time `json:",omitzero"` // Sent: not to begin before
	Worker  string    `json:",omitempty"`
	Token   uint32    `json:",omitempty"`
	Attempt int       `json:",omitempty"`
	Lost    int       `json:",omitempty"`
	How     string    `json:",omitempty"`
	Note    string    `json:",omitempty"`

	Goroutines int `json:",omitempty"` // Beat: how many the process has
}

// A Ledger is the file that one process writes. It is safe for concurrent use.
type Ledger struct {
	actor string
	mu    sync.Mutex
	file  *os.File
}

const ledgerSuffix = ".ledger"

// OpenLedger makes the ledger of an actor in a folder.
func OpenLedger(dir, actor string) (*Ledger, error) {
	path := filepath.Join(dir, actor+ledgerSuffix)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("ledger of %s: %w", actor, err)
	}
	return &Ledger{actor: actor, file: file}, nil
}

// Write adds a record, now. When it returns, the record outlives the process.
func (l *Ledger) Write(r Record) error {
	if r.Actor == "" {
		r.Actor = l.actor
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r.At = time.Now()
	line, err := json.Marshal(r)
	if err == nil {
		_, err = l.file.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("ledger of %s: %w", l.actor, err)
	}
	return nil
}

// Close closes the file.
func (l *Ledger) Close() error { return l.file.Close() }

// ReadLedgers reads all ledgers in a folder, in the order of time.
func ReadLedgers(dir string) ([]Record, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*"+ledgerSuffix))
	if err != nil {
		return nil, err
	}
	var all []Record
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		records, err := parseLedger(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, records...)
	}
	slices.SortStableFunc(all, func(a, b Record) int { return a.At.Compare(b.At) })
	return all, nil
}

// parseLedger leaves out a last line without an end: its writer was killed.
func parseLedger(text []byte) ([]Record, error) {
	var all []Record
	for n, line := range bytes.SplitAfter(text, []byte("\n")) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			return all, nil
		}
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		all = append(all, r)
	}
	return all, nil
}
