package redisbroker

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var _ broker.Reporter = (*Broker)(nil)

// Servers implements broker.Reporter with what INFO tells: of the server, or of
// every master of a Cluster.
func (b *Broker) Servers(ctx context.Context) ([]broker.Server, error) {
	sent := time.Now()
	var all []map[string]string
	err := b.call(ctx, func(ctx context.Context) (err error) {
		all, err = b.askInfo(ctx)
		return err
	})
	if err != nil {
		return nil, opening(err)
	}
	took := time.Since(sent)
	servers := make([]broker.Server, 0, len(all))
	for _, fields := range all {
		s := serverOf(fields)
		s.Address, s.Latency = b.address, took
		if len(all) > 1 {
			s.Address = fields[addressField]
		}
		servers = append(servers, s)
	}
	return servers, nil
}

// serverOf reads the fields of INFO.
func serverOf(fields map[string]string) broker.Server {
	number := func(key string) int64 {
		n, err := strconv.ParseInt(fields[key], 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	name := "redis " + fields["redis_version"]
	if v := fields["valkey_version"]; v != "" {
		name = "valkey " + v
	}
	s := broker.Server{
		Software: name, Uptime: time.Duration(number("uptime_in_seconds")) * time.Second,
		Used: number("used_memory"), Max: number("maxmemory"), Clients: number("connected_clients"),
		PerSecond: float64(number("instantaneous_ops_per_sec")), Appends: fields["aof_enabled"] == "1", Replicas: number("connected_slaves"),
	}
	if share, err := strconv.ParseFloat(fields["mem_fragmentation_ratio"], 64); err == nil {
		s.Share = share
	}
	if now := number("server_time_usec"); now > 0 {
		s.Clock = time.UnixMicro(now)
	}
	if at := number("rdb_last_save_time"); at > 0 {
		s.Saved = time.Unix(at, 0)
	}
	var w warnings
	w.add(fields)
	s.Evicts = w.evicts
	s.Findings = findings(&s, &w, fields)
	return s
}

// findings are what an operator should do something about.
func findings(s *broker.Server, w *warnings, fields map[string]string) (all []string) {
	if w.evicts != "" {
		all = append(all, fmt.Sprintf("it may evict tasks (maxmemory-policy %s): set maxmemory-policy noeviction", w.evicts))
	}
	if w.forgets {
		all = append(all, "it keeps no append-only file, so tasks are lost when it crashes: set appendonly yes")
	}
	if s.Max > 0 && s.Used > s.Max/10*9 {
		all = append(all, "its memory is nearly full, and then no task gets in: raise maxmemory, or drain or purge queues")
	}
	if fields["aof_last_write_status"] == "err" || fields["rdb_last_bgsave_status"] == "err" {
		all = append(all, "it could not write to its disk: see its log")
	}
	if fields["master_link_status"] == "down" {
		all = append(all, "it is a replica without its master, and takes no task: bring the master back, or promote it (REPLICAOF NO ONE)")
	}
	return all
}
