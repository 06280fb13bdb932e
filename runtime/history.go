package taskqueue

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

const (
	historyLog    = "history"
	historyPeriod = time.Second
	historyReason = 512 // bytes of an error that are kept
	historyBuffer = 10 * broker.MaxAppend
)

// A Finished is a task that has ended, as the history of [WorkerConfig.History] has
// it.
type Finished struct {
	ID      ID            `json:"id"`
	Kind    string        `json:"kind"`
	Queue   string        `json:"queue"`
	Attempt int           `json:"attempt"` // 1: it ended with its first run
	Outcome string        `json:"outcome"` // done, dead or discarded
	Reason  string        `json:"reason,omitempty"`
	Worker  string        `json:"worker"`
	Ended   time.Time     `json:"ended"` // by the worker's clock
	Wait    time.Duration `json:"wait"`  // from when the task could run until it did
	Run     time.Duration `json:"run"`
}

// A historian writes the ends of a worker's tasks into the history, many at once.
type historian struct {
	store  broker.Records
	worker string
	keep   int
	trouble

	mu    sync.Mutex
	lines [][]byte
}

// newHistorian is the historian of a worker; nil if no history is kept.
func newHistorian(c *Client, config *WorkerConfig) *historian {
	if config.History <= 0 {
		return nil
	}
	return &historian{store: c.broker, keep: config.History}
}

// add notes how a run ended, if its task ended with it.
func (h *historian) add(e Event) {
	state, ended := endOf(e.Outcome)
	if !ended {
		return
	}
	f := Finished{
		ID: e.ID, Kind: e.Kind, Queue: e.Queue, Attempt: e.Attempt, Outcome: state, Worker: h.worker,
		Ended: time.Now(), Wait: e.Wait, Run: e.Run,
	}
	if e.Err != nil {
		reason := broker.TrimReason(e.Err.Error())
		f.Reason = reason[:min(len(reason), historyReason)]
	}
	line, err := json.Marshal(f)
	if err != nil || len(line) > broker.MaxLineBytes {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.lines) == historyBuffer {
		return
	}
	h.lines = append(h.lines, line)
}

// endOf says how a task ends by an outcome, if it does.
func endOf(o Outcome) (state string, ended bool) {
	switch o {
	case Done:
		return broker.StateDone.String(), true
	case Dead:
		return broker.StateDead.String(), true
	case Discarded:
		return broker.StateDiscarded.String(), true
	}
	return "", false
}

// run writes what there is every second until ctx ends.
func (h *historian) run(ctx context.Context) {
	ticker := time.NewTicker(historyPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), announceTimeout)
			defer cancel()
			h.write(last)
			return
		case <-ticker.C:
			h.write(ctx)
		}
	}
}

// write writes what there is. What cannot be written is written later, as far as it
// fits into the buffer.
func (h *historian) write(ctx context.Context) {
	for ctx.Err() == nil {
		h.mu.Lock()
		lines := h.lines[:min(len(h.lines), broker.MaxAppend)]
		h.mu.Unlock()
		if len(lines) == 0 {
			return
		}
		err := h.store.Append(ctx, historyLog, h.keep, lines...)
		h.note("the history of finished tasks cannot be written", err)
		if err != nil {
			return
		}
		h.mu.Lock()
		h.lines = h.lines[len(lines):]
		h.mu.Unlock()
	}
}

// History returns tasks that have ended, of all workers with [WorkerConfig.History],
// the newest first: at most limit, 1 to 100,000.
func (c *Client) History(ctx context.Context, limit int) ([]Finished, error) {
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	lines, err := c.broker.Log(ctx, historyLog, limit)
	if err != nil {
		return nil, withCause(ctx, err)
	}
	all := make([]Finished, 0, len(lines))
	for _, line := range lines {
		var f Finished
		if json.Unmarshal(line, &f) == nil {
			all = append(all, f)
		}
	}
	return all, nil
}
