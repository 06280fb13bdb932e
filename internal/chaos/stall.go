package chaos

import (
	"context"
	"sync/atomic"
	"time"
)

// A stall is how late this process is to what it waits for, at the worst: on a busy
// machine every actor is, and a limit of time says little about it. What limits
// allow grows with it.
type stall struct {
	worst atomic.Int64
	stop  context.CancelFunc
	done  chan struct{}
}

const stallTick = 10 * time.Millisecond

func watchStalls() *stall {
	ctx, stop := context.WithCancel(context.Background())
	s := &stall{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		for {
			start := time.Now()
			if sleep(ctx, stallTick) != nil {
				return
			}
			s.worst.Store(max(s.worst.Load(), int64(time.Since(start)-stallTick)))
		}
	}()
	return s
}

func (s *stall) end() {
	s.stop()
	<-s.done
}

// Within is a limit as far as the machine lets it be kept.
func (s *Stage) Within(limit time.Duration) time.Duration {
	return limit + 3*time.Duration(s.stalls.worst.Load())
}
