package redisbroker

import (
	"cmp"
	"context"
	flags "flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker/brokertest"
)

func TestMain(m *testing.M) { os.Exit(redistest.Main(m)) }

func TestConformance(t *testing.T) { brokertest.Run(t, onShared(t)) }

// TestProperty takes half of rapid's runs, as each step asks a server some
// twenty times, unless -rapid.checks or TASKQUEUE_SOAK says otherwise.
func TestProperty(t *testing.T) {
	const checks = "rapid.checks"
	if f := flags.Lookup(checks); f.Value.String() == f.DefValue && os.Getenv("TASKQUEUE_SOAK") != "1" {
		if err := flags.Set(checks, "50"); err != nil {
			t.Fatal(err)
		}
	}
	brokertest.Property(t, brokertest.Model, onShared(t))
}

func sharedServer(t *testing.T) (*redistest.Server, string) {
	t.Helper()
	return redistest.Shared(t)
}

// onShared opens stores on the process' one server.
func onShared(t *testing.T) brokertest.Open {
	server, prefix := sharedServer(t)
	return opener(server.URL(), prefix)
}

var quiet = slog.New(slog.DiscardHandler)

// opener makes stores at a URL, each with a prefix of its own.
func opener(url, prefix string) brokertest.Open {
	return openerBy(prefix, at(url), at(url))
}

func at(url string) func(Config) (*Broker, error) {
	return func(c Config) (*Broker, error) { return Open(context.Background(), url, c) }
}

// openerBy opens the auditor apart: it looks where a broker never does.
func openerBy(prefix string, open, audit func(Config) (*Broker, error)) brokertest.Open {
	var serial atomic.Int64
	return func(t brokertest.TB) brokertest.Harness {
		t.Helper()
		c := Config{Prefix: fmt.Sprintf("%s.%d:", prefix, serial.Add(1)), Logger: quiet}
		b, auditor := must(t, open, c), must(t, audit, c)
		t.Cleanup(func() { auditor.clear() })
		return brokertest.Harness{Broker: b, SetClock: b.stopClock, Audit: auditor.audit}
	}
}

// clear deletes what is under a prefix, on a server that is alone: the auditor goes
// through all keys of the server at each step of a property test.
func (b *Broker) clear() {
	ctx := context.Background()
	client, ok := b.commands.(*redis.Client)
	if !ok {
		return
	}
	for keys := range slices.Chunk(client.Keys(ctx, b.prefix+"*").Val(), 1000) {
		client.Del(ctx, keys...)
	}
}

func mustOpen(t brokertest.TB, url string, c Config) *Broker {
	t.Helper()
	return must(t, at(url), c)
}

func must(t brokertest.TB, open func(Config) (*Broker, error), c Config) *Broker {
	t.Helper()
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, 30*time.Second) // however busy the machine is
	b, err := open(c)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// stopClock puts a stopped clock in place of the server's, and of our own.
func (b *Broker) stopClock(now time.Time) {
	ms := now.UnixMilli()
	b.clock.stopped.Store(ms)
	b.scripts.Store(newScripts(fmt.Sprintf("local function now() return %d end\n", ms)))
}
