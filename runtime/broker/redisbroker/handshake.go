package redisbroker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
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
	var info string
	sent := time.Now()
	err := b.call(ctx, func(ctx context.Context) (err error) {
		sent = time.Now()
		info, err = b.commands.Info(ctx).Result()
		return err
	})
	if err != nil {
		return opening(err)
	}
	fields := infoFields(info)
	if err := b.checkVersion(fields["redis_version"]); err != nil {
		return err
	}
	if us, err := strconv.ParseInt(fields["server_time_usec"], 10, 64); err == nil {
		b.clock.learn(us/1000, sent, time.Now())
	}
	b.warn(fields)
	return b.checkSchema(ctx)
}

// opening says that nothing was done, whatever was sent: it was a question.
func opening(err error) error {
	var o *outage
	if errors.As(err, &o) {
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

// warn says what could lose tasks.
func (b *Broker) warn(fields map[string]string) {
	if policy := fields["maxmemory_policy"]; policy != "" && policy != "noeviction" && fields["maxmemory"] != "0" {
		b.log.Warn("redis may evict tasks: set maxmemory-policy noeviction", "redis", b.address, "maxmemory_policy", policy)
	}
	if fields["aof_enabled"] == "0" {
		b.log.Warn("redis keeps no append-only file: tasks are lost when it crashes; set appendonly yes", "redis", b.address)
	}
}

// checkSchema marks the prefix with the version of what is kept under it.
func (b *Broker) checkSchema(ctx context.Context) error {
	var found string
	err := b.call(ctx, func(ctx context.Context) error {
		err := b.commands.SetNX(ctx, schema(b.prefix), schemaVersion, 0).Err()
		if err == nil {
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
