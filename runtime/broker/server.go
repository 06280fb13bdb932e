package broker

import (
	"context"
	"time"
)

// A Reporter is a store that can tell about its servers. A Broker need not be one.
type Reporter interface {
	// Servers returns what each server that keeps tasks says of itself now.
	Servers(ctx context.Context) ([]Server, error)
}

// A Server is one server of a store. What it does not tell is zero.
type Server struct {
	Address   string // empty: the one that the store was opened with
	Software  string // name and version
	Uptime    time.Duration
	Used, Max int64   // bytes of memory; Max 0: no limit is set
	Share     float64 // of the memory that the system gave it, to what it asked for
	Clients   int64   // connections
	PerSecond float64 // commands
	Evicts    string  // the policy by which it drops keys when memory is short; empty: it does not
	Appends   bool    // whether it keeps a log of what it did on disk
	Saved     time.Time
	Replicas  int64
	Latency   time.Duration // of the answer
	Clock     time.Time     // what its clock showed
	Findings  []string      // what is dangerous, and what to do about it
}
