package taskqueue

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
	"github.com/tqgen/taskqueue/runtime/broker/redisbroker"
)

// Open connects to the store at a URL:
//
//	mem://    in this process' memory: each Open is a store of its own, so
//	          share the client; its tasks die with the process
//	redis://[user:password@]host[:6379][/db]
//	redis+sentinel://[user:password@]host[:26379],host…/master[/db]
//	redis+cluster://[user:password@]host[:6379],host…
//
// Redis is 6.2 or newer; rediss in place of redis is with TLS. Parameters of
// redis URLs are those of [redisbroker.Open]. [ClientConfig.Open] takes settings of
// the client as well; for others of the store, make one and call [NewClient].
//
// The error is ErrInvalid for a URL that Open does not understand, ErrUnsupported
// for a server that is too old, ErrUnavailable if none answers within 5 seconds.
// It names the host and never a password.
func Open(ctx context.Context, url string) (*Client, error) {
	return ClientConfig{}.Open(ctx, url)
}

// Open is the function [Open], for a client with these settings.
func (c ClientConfig) Open(ctx context.Context, url string) (*Client, error) {
	store, err := openStore(ctx, url)
	if err != nil {
		return nil, err
	}
	return clientOf(store, c)
}

// clientOf makes the client of a store that nobody else has: it is closed if the
// config is refused.
func clientOf(store broker.Broker, config ClientConfig) (*Client, error) {
	c, err := NewClient(store, config)
	if err != nil {
		_ = store.Close()
	}
	return c, err
}

// schemes are what Open understands.
const schemes = "mem://, redis://, redis+sentinel://, redis+cluster://, or rediss in place of redis for TLS"

func openStore(ctx context.Context, url string) (broker.Broker, error) {
	scheme, _, found := strings.Cut(url, "://")
	base, _, _ := strings.Cut(scheme, "+")
	switch {
	case !found:
		return nil, fmt.Errorf("%w: the store's URL has no scheme (it is not shown, as it may hold a password); use %s", ErrInvalid, schemes)
	case scheme == "mem":
		return membroker.New(membroker.Config{}), nil
	case base == "redis" || base == "rediss":
		return redisbroker.Open(ctx, url, redisbroker.Config{})
	}
	return nil, fmt.Errorf("%w: unknown store %q; use %s", ErrInvalid, scheme+"://", schemes)
}

// New connects with the options of a go-redis client, for what a URL cannot say
// (credential providers, dialers, TLS): a *redis.Client, also one of sentinels,
// or a *redis.ClusterClient. Close of the result leaves client open. Errors are
// those of Open.
func New(ctx context.Context, client redis.UniversalClient, config ClientConfig) (*Client, error) {
	store, err := redisbroker.New(ctx, client, redisbroker.Config{})
	if err != nil {
		return nil, err
	}
	return clientOf(store, config)
}
