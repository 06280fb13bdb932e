package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// A bench is what a scenario takes for its test. The interface is embedded for
// its private method; what scenarios and redistest use is here.
type bench struct {
	testing.TB
	name string
	ctx  context.Context
	stop context.CancelFunc

	mu       sync.Mutex
	failed   bool
	log      strings.Builder
	cleanups []func()
}

func newBench(name string) *bench {
	b := &bench{name: name}
	b.ctx, b.stop = context.WithCancel(context.Background())
	return b
}

// run calls f, which may end by Fatal, and cleans up.
func (b *bench) run(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer b.clean()
		f()
	}()
	<-done
}

// clean calls what Cleanup was given, the last one first.
func (b *bench) clean() {
	b.stop()
	for {
		b.mu.Lock()
		n := len(b.cleanups)
		if n == 0 {
			b.mu.Unlock()
			return
		}
		last := b.cleanups[n-1]
		b.cleanups = b.cleanups[:n-1]
		b.mu.Unlock()
		last()
	}
}

func (b *bench) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.String()
}

func (b *bench) say(fail bool, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = b.failed || fail
	fmt.Fprintln(&b.log, "     "+strings.TrimSuffix(text, "\n"))
}

func (b *bench) Name() string             { return b.name }
func (b *bench) Context() context.Context { return b.ctx }
func (b *bench) Helper()                  {}

func (b *bench) Failed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

func (b *bench) Cleanup(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cleanups = append(b.cleanups, f)
}

func (b *bench) TempDir() string {
	dir, err := os.MkdirTemp("", "chaos-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (b *bench) Log(args ...any)                   { b.say(false, fmt.Sprintln(args...)) }
func (b *bench) Logf(format string, args ...any)   { b.say(false, fmt.Sprintf(format, args...)) }
func (b *bench) Error(args ...any)                 { b.say(true, fmt.Sprintln(args...)) }
func (b *bench) Errorf(format string, args ...any) { b.say(true, fmt.Sprintf(format, args...)) }

func (b *bench) Fatal(args ...any) {
	b.Error(args...)
	runtime.Goexit()
}

func (b *bench) Fatalf(format string, args ...any) {
	b.Errorf(format, args...)
	runtime.Goexit()
}
