package fleet

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
)

// A State is what outlives the processes of a fleet: what the controller has
// learned, and how it stood.
type State struct {
	At       time.Time         `json:"at"`
	Plan     Plan              `json:"plan"` // the last one
	Starting Starting          `json:"starting"`
	Learned  *autoscaler.State `json:"learned"`
}

// maxState bounds a state that is read, in bytes.
const maxState = 8 << 20

// Save keeps a state for the next leader.
func (b *Book) Save(ctx context.Context, s *State) error {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if err := json.NewEncoder(z).Encode(s); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	_, err := b.Store.Put(ctx, statesTable, broker.Record{Name: b.Fleet, Data: packed.Bytes(), If: broker.Any})
	return err
}

// Load reads what was saved; nil: nothing was. What cannot be read is an error,
// and lost with the next Save.
func (b *Book) Load(ctx context.Context) (*State, error) {
	rows, err := b.Store.Records(ctx, statesTable, b.Fleet)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return unpack(&rows[0])
}

// States reads what is saved of all fleets, by name. Those that cannot be read
// have no state.
func States(ctx context.Context, store broker.Records) (map[string]*State, error) {
	rows, err := store.Records(ctx, statesTable)
	if err != nil {
		return nil, err
	}
	all := make(map[string]*State, len(rows))
	for i := range rows {
		s, err := unpack(&rows[i])
		if err != nil {
			s = nil
		}
		all[rows[i].Name] = s
	}
	return all, nil
}

func unpack(row *broker.Record) (*State, error) {
	z, err := gzip.NewReader(bytes.NewReader(row.Data))
	if err == nil {
		s := new(State)
		if err = json.NewDecoder(io.LimitReader(z, maxState)).Decode(s); err == nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("%w: state of fleet %s: %w", ErrUnreadable, row.Name, err)
}
