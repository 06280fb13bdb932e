// Package vet finds mistakes with tasks where go vet runs: directives that
// tqgen would refuse, and errors of enqueueing that nobody looks at.
package vet

import "golang.org/x/tools/go/analysis"

// Analyzers are those of this package, for tqgen-vet or any other driver of
// golang.org/x/tools/go/analysis. They are new ones with each call.
func Analyzers() []*analysis.Analyzer {
	return []*analysis.Analyzer{
		{
			Name: "tqdirective",
			Doc:  "report //taskqueue: directives that tqgen refuses\n\nOnly what can be seen in a single file: tqgen itself also knows types, and the whole module.",
			Run:  directives,
		},
		{
			Name: "tqenqueue",
			Doc:  "report errors of enqueueing that are ignored\n\nA task whose Enqueue failed is not in the queue. Write _, _ = task.Enqueue(…) where that does not matter.",
			Run:  ignored,
		},
	}
}
