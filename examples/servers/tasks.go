package main

import "context"

//go:generate go tool tqgen

// Count is a task with a number.
//
//taskqueue:task
type Count struct{ Number int }

// Execute does nothing: this example is about where tasks wait.
func (c *Count) Execute(ctx context.Context) error { return ctx.Err() }
