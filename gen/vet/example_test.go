package vet_test

import (
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/tqgen/taskqueue/gen/vet"
)

// A tool for go vet -vettool, to which other analyzers can be added.
func ExampleAnalyzers() {
	unitchecker.Main(vet.Analyzers()...)
}
