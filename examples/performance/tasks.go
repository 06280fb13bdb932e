package main

import (
	"context"
	"hash/crc32"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

//go:generate go tool tqgen

// Light answers at once.
//
//taskqueue:task queue=high_priority timeout=5s
type Light struct {
	Number int
	Sleep  time.Duration
}

// Execute waits, as for an answer of another service.
func (l *Light) Execute(ctx context.Context) error { return wait(ctx, l.Sleep) }

// Medium takes a while.
//
//taskqueue:task timeout=30s
type Medium struct {
	Number int
	Sleep  time.Duration
}

// Execute waits, and tells half-way.
func (m *Medium) Execute(ctx context.Context) error {
	if err := wait(ctx, m.Sleep/2); err != nil {
		return err
	}
	if err := taskqueue.Progress(ctx, []byte("half")); err != nil {
		return err
	}
	return wait(ctx, m.Sleep-m.Sleep/2)
}

// Heavy waits and computes.
//
//taskqueue:task queue=low_priority timeout=2m
type Heavy struct {
	Number int
	Sleep  time.Duration
	Rounds int
}

// Execute returns a checksum of what it computed.
func (h *Heavy) Execute(ctx context.Context) (uint32, error) {
	sum, block := uint32(h.Number), make([]byte, 64<<10)
	for range h.Rounds {
		sum = crc32.Update(sum, crc32.IEEETable, block)
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
	}
	return sum, wait(ctx, h.Sleep)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
