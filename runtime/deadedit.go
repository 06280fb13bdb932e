package taskqueue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// RequeueAs enqueues a job in the place of a dead letter, which is then deleted: the
// same task with another payload, say. The job is of the dead letter's kind; its
// headers are added to those of the dead letter. The id is a new one. Called again,
// it enqueues nothing twice. The error is one of Enqueue, ErrNotFound, or ErrState if
// the task is no dead letter.
func (c *Client) RequeueAs(ctx context.Context, id ID, job Job) (ID, error) {
	dead, err := c.Find(ctx, id)
	switch {
	case err != nil:
		return ID{}, err
	case dead.State != broker.StateDead || dead.Message == nil:
		return ID{}, fmt.Errorf("%w: %v is %v", ErrState, id, dead.State)
	case job.kind == nil || !slices.Contains(job.kind.names(), dead.Message.Kind):
		return ID{}, fmt.Errorf("%w: the job is of kind %q, the dead letter of %q", ErrInvalid, job.Kind(), dead.Message.Kind)
	}
	own := job.headers
	job.headers = nil
	for _, h := range append(slices.Clone(dead.Message.Headers), own...) {
		job.header(h.Key, h.Value)
	}
	if job.unique == "" && job.id.IsZero() {
		job = job.With(Unique("instead:"+id.String(), idWindow))
	}
	instead, err := c.Enqueue(ctx, job)
	if err != nil && !errors.Is(err, ErrDuplicate) {
		return instead, err
	}
	if gone := c.Delete(ctx, id); gone != nil && !errors.Is(gone, ErrNotFound) {
		return instead, gone
	}
	return instead, nil
}

// A DeadLetter is a line of what [Client.ExportDead] writes.
type DeadLetter struct {
	ID       ID        `json:"id"`
	Queue    string    `json:"queue"`
	Kind     string    `json:"kind"`
	Version  uint16    `json:"version"`
	Priority Priority  `json:"priority"`
	Key      string    `json:"key,omitempty"`
	Died     time.Time `json:"died"`
	Reason   string    `json:"reason"`
	Attempts int       `json:"attempts"`
	Failures []Failure `json:"failures,omitempty"`
	Headers  []Header  `json:"headers,omitempty"`
	Payload  []byte    `json:"payload"` // as it was encoded; base64 in JSON
}

// ExportDead writes the dead letters of a queue that which picks, or all with nil, the
// newest first: each a [DeadLetter] in a line of JSON. It returns how many that were.
// Nothing is changed.
func (c *Client) ExportDead(ctx context.Context, queue string, w io.Writer, which func(Entry) bool) (int, error) {
	total := 0
	lines := json.NewEncoder(w)
	_, err := c.eachDead(ctx, queue, func(entries []Entry) (bool, error) {
		for i := range entries {
			if which != nil && !which(entries[i]) {
				continue
			}
			if err := lines.Encode(letter(&entries[i])); err != nil {
				return false, err
			}
			total++
		}
		return true, nil
	})
	return total, err
}

func letter(e *Entry) DeadLetter {
	m := e.Message
	return DeadLetter{
		ID: e.ID, Queue: e.Queue, Kind: m.Kind, Version: max(m.Version, 1), Priority: m.Priority, Key: m.Key,
		Died: e.At, Reason: e.Reason, Attempts: int(m.Attempts), Failures: m.Failures, Headers: m.Headers, Payload: m.Payload,
	}
}
