// Package trial runs what is written for a test without one.
package trial

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// A Trial is what a scenario takes for its test. The interface is embedded for
// its private method; what scenarios and redistest use is here.
type Trial struct {
	testing.TB
	name string
	ctx  context.Context
	stop context.CancelFunc

	mu       sync.Mutex
	failed   bool
	log      strings.Builder
	cleanups []func()
}

// New makes one of a name.
func New(name string) *Trial {
	t := &Trial{name: name}
	t.ctx, t.stop = context.WithCancel(context.Background())
	return t
}

// Run calls f, which may end by Fatal, and cleans up.
func (t *Trial) Run(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer t.clean()
		f()
	}()
	<-done
}

// clean calls what Cleanup was given, the last one first.
func (t *Trial) clean() {
	t.stop()
	for {
		t.mu.Lock()
		n := len(t.cleanups)
		if n == 0 {
			t.mu.Unlock()
			return
		}
		last := t.cleanups[n-1]
		t.cleanups = t.cleanups[:n-1]
		t.mu.Unlock()
		last()
	}
}

// Text is what was logged.
func (t *Trial) Text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.log.String()
}

func (t *Trial) say(fail bool, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = t.failed || fail
	fmt.Fprintln(&t.log, "     "+strings.TrimSuffix(text, "\n"))
}

// Name implements testing.TB.
func (t *Trial) Name() string { return t.name }

// Context implements testing.TB.
func (t *Trial) Context() context.Context { return t.ctx }

// Helper implements testing.TB.
func (t *Trial) Helper() {}

// Failed implements testing.TB.
func (t *Trial) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// Cleanup implements testing.TB.
func (t *Trial) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// TempDir implements testing.TB.
func (t *Trial) TempDir() string {
	dir, err := os.MkdirTemp("", "chaos-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// Log implements testing.TB.
func (t *Trial) Log(args ...any) { t.say(false, fmt.Sprintln(args...)) }

// Logf implements testing.TB.
func (t *Trial) Logf(format string, args ...any) { t.say(false, fmt.Sprintf(format, args...)) }

// Error implements testing.TB.
func (t *Trial) Error(args ...any) { t.say(true, fmt.Sprintln(args...)) }

// Errorf implements testing.TB.
func (t *Trial) Errorf(format string, args ...any) { t.say(true, fmt.Sprintf(format, args...)) }

// Fatal implements testing.TB.
func (t *Trial) Fatal(args ...any) {
	t.Error(args...)
	runtime.Goexit()
}

// Fatalf implements testing.TB.
func (t *Trial) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}
