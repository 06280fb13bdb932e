// Package tuple has the structs of the benchmark, encoded by position.
package tuple

import "context"

// BenchTask is the headline of the seed: 14 letters.
//
//taskqueue:task codec=tuple
type BenchTask struct {
	Data string `msg:"data"`
}

// Execute does nothing.
func (*BenchTask) Execute(context.Context) error { return nil }

// SmallTask has two strings.
//
//taskqueue:task codec=tuple
type SmallTask struct {
	ID   string `msg:"id"`
	Data string `msg:"data"`
}

// Execute does nothing.
func (*SmallTask) Execute(context.Context) error { return nil }

// MediumTask has a map and a kilobyte.
//
//taskqueue:task codec=tuple
type MediumTask struct {
	ID       string            `msg:"id"`
	Data     string            `msg:"data"`
	Metadata map[string]string `msg:"metadata"`
	Payload  []byte            `msg:"payload"`
}

// Execute does nothing.
func (*MediumTask) Execute(context.Context) error { return nil }

// LargeTask has nested containers and ten kilobytes.
//
//taskqueue:task codec=tuple
type LargeTask struct {
	ID          string              `msg:"id"`
	Data        string              `msg:"data"`
	Metadata    map[string]string   `msg:"metadata"`
	Payload     []byte              `msg:"payload"`
	ComplexData map[string][]string `msg:"complex_data"`
}

// Execute does nothing.
func (*LargeTask) Execute(context.Context) error { return nil }
