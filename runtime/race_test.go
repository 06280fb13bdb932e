//go:build race

package taskqueue_test

// raceEnabled: under the race detector sync.Pool forgets on purpose.
const raceEnabled = true
