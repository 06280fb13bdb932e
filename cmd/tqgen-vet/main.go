// Command tqgen-vet finds mistakes with tasks of github.com/tqgen/taskqueue for
// go vet: go vet -vettool=$(which tqgen-vet) ./...
package main

import (
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/tqgen/taskqueue/gen/vet"
)

func main() { unitchecker.Main(vet.Analyzers()...) }
