// Package housetest holds the rules of the house as tests: who imports whom,
// how long a function may be, that every exported symbol is documented, and that
// docs/seed.md names nothing that does not exist.
//
// The golden files are rewritten by `go generate ./internal/housetest`.
package housetest

//go:generate go test -count=1 -run=TestImportsGolden|TestSeedTotals|TestSizes -update .
