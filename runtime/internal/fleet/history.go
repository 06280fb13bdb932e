package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
)

// ErrUnreadable is what another release has written, and this one cannot read.
var ErrUnreadable = errors.New("taskqueue: written by another release")

// Log keeps decisions, in their order, and the newest KeptDecisions of all.
func (b *Book) Log(ctx context.Context, decisions ...autoscaler.Decision) error {
	var lines [][]byte
	for _, d := range decisions {
		line, err := json.Marshal(d)
		for err == nil && len(line) > broker.MaxLineBytes && len(d.Caps) > 0 {
			d.Caps = slices.Clone(d.Caps[:len(d.Caps)/2])
			line, err = json.Marshal(d)
		}
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	return b.Store.Append(ctx, b.table(), KeptDecisions, lines...)
}

// History reads the last decisions, the newest first. Those that cannot be read
// are left out.
func (b *Book) History(ctx context.Context, limit int) ([]autoscaler.Decision, error) {
	lines, err := b.Store.Log(ctx, b.table(), min(limit, KeptDecisions))
	if err != nil {
		return nil, err
	}
	all := make([]autoscaler.Decision, 0, len(lines))
	for _, line := range lines {
		var d autoscaler.Decision
		if json.Unmarshal(line, &d) == nil {
			all = append(all, d)
		}
	}
	return all, nil
}
