package redisbroker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

const (
	minMajor, minMinor = 6, 2
	schemaVersion      = "1"
)

// handshake makes sure that the servers can keep tasks, and says what is
// dangerous about them.
func (b *Broker) handshake(ctx context.Context) error {
	var all []map[string]string
	err := b.call(ctx, func(ctx context.Context) (err error) {
		all, err = b.askInfo(ctx)
		return err
	})
	if err != nil {
		return opening(err)
	}
	var warned warnings
	for _, fields := range all {
		if err := b.checkVersion(fields["redis_version"]); err != nil {
			return err
		}
		warned.add(fields)
	}
	b.warn(&warned)
	return b.checkSchema(ctx)
}

// addressField is where askInfo puts the address that it asked: no field of INFO.
const addressField = "address"

// askInfo asks the server, or every master of a Cluster, what it is.
func (b *Broker) askInfo(ctx context.Context) (all []map[string]string, err error) {
	var mu sync.Mutex
	ask := func(ctx context.Context, node *redis.Client) error {
		sent := time.Now()
		info, err := node.Info(ctx).Result()
		if err != nil {
			return err
		}
		fields := infoFields(info)
		fields[addressField] = node.Options().Addr
		mu.Lock()
		defer mu.Unlock()
		if us, err := strconv.ParseInt(fields["server_time_usec"], 10, 64); err == nil {
			b.clock.learn(us/1000, sent, time.Now())
		}
		all = append(all, fields)
		return nil
	}
	switch c := b.commands.(type) {
	case *redis.ClusterClient:
		err = c.ForEachMaster(ctx, ask)
	case *redis.Client:
		err = ask(ctx, c)
	}
	return all, err
}

// opening says that nothing was done, whatever was sent: it was a question.
func opening(err error) error {
	if o, ok := errors.AsType[*outage](err); ok {
		o.sent = false
	}
	return err
}

// infoFields reads the answer to INFO.
func infoFields(info string) map[string]string {
	fields := make(map[string]string)
	for line := range strings.Lines(info) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[key] = value
		}
	}
	return fields
}

// checkVersion refuses servers from before 6.2: they lack ZRANGE's and SORT's
// ways inside transactions that the scripts count on, and no longer get fixes.
func (b *Broker) checkVersion(version string) error {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) >= 2 {
		major, err1 := strconv.Atoi(parts[0])
		minor, err2 := strconv.Atoi(parts[1])
		if err1 == nil && err2 == nil && (major > minMajor || major == minMajor && minor >= minMinor) {
			return nil
		}
	}
	return fmt.Errorf("%w: redis at %s is version %q, %d.%d or newer is needed", broker.ErrUnsupported, b.address, version, minMajor, minMinor)
}

// warnings are what could lose tasks at any of the servers.
type warnings struct {
	evicts   string // the policy
	forgets  bool
	replicas []int // of each server
}

func (w *warnings) add(fields map[string]string) {
	if policy := fields["maxmemory_policy"]; policy != "" && policy != "noeviction" && fields["maxmemory"] != "0" {
		w.evicts = policy
	}
	w.forgets = w.forgets || fields["aof_enabled"] == "0"
	if n, err := strconv.Atoi(fields["connected_slaves"]); err == nil {
		w.replicas = append(w.replicas, n)
	}
}

// warn says each of it once.
func (b *Broker) warn(w *warnings) {
	if w.evicts != "" {
		b.log.Warn("redis may evict tasks: set maxmemory-policy noeviction", "redis", b.address, "maxmemory_policy", w.evicts)
	}
	if w.forgets {
		b.log.Warn("redis keeps no append-only file: tasks are lost when it crashes; set appendonly yes", "redis", b.address)
	}
	if len(w.replicas) > 0 && slices.Min(w.replicas) < b.durable.Replicas {
		b.log.Warn("redis has fewer replicas than Durable asks for: enqueues will be ErrNotDurable", "redis", b.address, "replicas", slices.Min(w.replicas), "wanted", b.durable.Replicas)
	}
}

// checkSchema marks the prefix with the version of what is kept under it. It
// writes only where there is none: a full server must let workers in.
func (b *Broker) checkSchema(ctx context.Context) error {
	var found string
	err := b.call(ctx, func(ctx context.Context) error {
		var err error
		if found, err = b.commands.Get(ctx, schema(b.prefix)).Result(); !errors.Is(err, redis.Nil) {
			return err
		}
		if err = b.commands.SetNX(ctx, schema(b.prefix), schemaVersion, 0).Err(); err == nil {
			found, err = b.commands.Get(ctx, schema(b.prefix)).Result()
		}
		return err
	})
	switch {
	case errors.Is(err, redis.Nil):
		return fmt.Errorf("%w: redis at %s forgets what is written", broker.ErrUnsupported, b.address)
	case err != nil:
		return opening(err)
	case found != schemaVersion:
		return fmt.Errorf("%w: the keys %q at redis %s are of version %q, this release knows %s", broker.ErrUnsupported, b.prefix+"*", b.address, found, schemaVersion)
	}
	return nil
}
