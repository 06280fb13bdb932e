// Package e2e has no code: its tests run tqgen on modules of their own, build
// what comes out, and run it.
package e2e
