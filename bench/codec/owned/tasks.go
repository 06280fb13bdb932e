// Package owned has the structs of the benchmark, encoded by position, and decoded into memory of their own.
package owned

import "context"

// BenchTask is the headline of the seed: 14 letters.
//
//taskqueue:task codec=tuple
type BenchTask struct {
	Data string `msg:"data" tq:"copy"`
}

// Execute does nothing.
func (*BenchTask) Execute(context.Context) error { return nil }

// SmallTask has two strings.
//
//taskqueue:task codec=tuple
type SmallTask struct {
	ID   string `msg:"id" tq:"copy"`
	Data string `msg:"data" tq:"copy"`
}

// Execute does nothing.
func (*SmallTask) Execute(context.Context) error { return nil }
