package main

import (
	"context"
	"time"
)

//go:generate go tool tqgen

// Step is a piece of work.
//
//taskqueue:task timeout=1m
type Step struct{ Takes time.Duration }

// Execute waits, as for something slow.
func (s *Step) Execute(ctx context.Context) error {
	select {
	case <-time.After(s.Takes):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
