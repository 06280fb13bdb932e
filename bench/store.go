package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/internal/redistest"
)

// A store is a Redis server of the run. Most of it is on one that writes nothing to disk.
type store struct {
	server *redistest.Server
	redis  *redis.Client
}

func newStore(ctx context.Context, server *redistest.Server) (*store, error) {
	s := &store{server, redis.NewClient(&redis.Options{Addr: server.Addr(), PoolSize: 1})}
	if err := s.redis.Ping(ctx).Err(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *store) url() string { return s.server.URL() + "/0" }

func (s *store) close() {
	s.redis.Close()
	s.server.Close()
}

// A usage is what the server has spent so far, and holds.
type usage struct {
	cpu      time.Duration
	commands float64 // those that scripts call included
	requests float64 // that clients sent: a pipeline is one
	memory   float64 // bytes
	clients  float64
}

// usage asks the server.
func (s *store) usage(ctx context.Context) (usage, error) {
	text, err := s.redis.InfoMap(ctx).Result()
	if err != nil {
		return usage{}, err
	}
	number := func(section, field string) float64 {
		n, parseErr := strconv.ParseFloat(strings.TrimSpace(text[section][field]), 64)
		if parseErr != nil && err == nil {
			err = fmt.Errorf("INFO: %s: %w", field, parseErr)
		}
		return n
	}
	u := usage{
		commands: number("Stats", "total_commands_processed"),
		requests: number("Stats", "total_reads_processed"),
		memory:   number("Memory", "used_memory"),
		clients:  number("Clients", "connected_clients"),
	}
	u.cpu = time.Duration((number("CPU", "used_cpu_user") + number("CPU", "used_cpu_sys")) * float64(time.Second))
	return u, err
}

// number is one field of INFO.
func (s *store) number(ctx context.Context, section, field string) (float64, error) {
	text, err := s.redis.InfoMap(ctx, strings.ToLower(section)).Result()
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(text[section][field]), 64)
}

// since is what was spent after an earlier usage, but for asking for this one.
func (u usage) since(before usage) usage {
	return usage{
		cpu:      u.cpu - before.cpu,
		commands: u.commands - before.commands - 1,
		requests: u.requests - before.requests - 1,
		memory:   u.memory - before.memory,
	}
}

// quiet waits until no client but ours is connected, for connections take
// memory, too, and returns the usage then.
func (s *store) quiet(ctx context.Context) (usage, error) {
	for range 200 {
		u, err := s.usage(ctx)
		if err != nil || u.clients == 1 {
			return u, err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return usage{}, fmt.Errorf("clients are still connected after two seconds")
}

// flush empties the server.
func (s *store) flush(ctx context.Context) error {
	if _, err := s.quiet(ctx); err != nil {
		return err
	}
	return s.redis.Do(ctx, "FLUSHALL", "SYNC").Err()
}
