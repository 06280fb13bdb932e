package redisbroker

import (
	"errors"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// TestReturnIsNoticedAtOnce lets more dials fail than the pool may have
// connections: the first command after the server's return gets through.
func TestReturnIsNoticedAtOnce(t *testing.T) {
	s := redistest.Start(t)
	user := redis.NewClient(&redis.Options{Addr: s.Addr(), PoolSize: 2})
	defer user.Close()
	borrowed, err := New(t.Context(), user, Config{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer borrowed.Close()
	opened := mustOpen(t, s.URL(), Config{Logger: quiet, PoolSize: 2})
	s.Kill()
	for _, b := range []*Broker{borrowed, opened} {
		for range 10 {
			if err := b.commands.Ping(t.Context()).Err(); !dialed(err) {
				t.Fatalf("a server that is away: %v", err)
			}
		}
		if err := b.settled(b.commands.Ping(t.Context()).Err(), false); err == nil || errors.Is(err, broker.ErrUnknown) {
			t.Errorf("what was never sent: %v", err)
		}
	}
	s.Restart(t)
	for _, b := range []*Broker{borrowed, opened} {
		if err := b.commands.Ping(t.Context()).Err(); err != nil {
			t.Errorf("a server that is back: %v", err)
		}
	}
}
