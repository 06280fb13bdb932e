// Package load finds the Go files that may hold directives and gives the types
// that tasks are made of.
//
// It does so twice. The fast loader parses only what the tasks need: it reads
// every file of the module once, looking for "taskqueue:", follows the names
// that the found types mention from package to package, and type-checks that
// much, without function bodies. The other one is golang.org/x/tools/go/packages,
// for builds with a GOPACKAGESDRIVER and as a cross-check; both give the later
// stages the same, so that they print the same bytes.
//
// Files that tqgen wrote are never an input.
package load
