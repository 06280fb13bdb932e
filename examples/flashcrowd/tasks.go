package main

import (
	"context"
	"time"
)

//go:generate go tool tqgen

// Visit is a page that somebody waits for.
//
//taskqueue:task timeout=10s retries=0
type Visit struct{ Takes time.Duration }

// Execute waits, as for a database.
func (v *Visit) Execute(ctx context.Context) error {
	select {
	case <-time.After(v.Takes):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
