package redisbroker

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// clients are two connection pools: one for commands, one for connections that
// listeners hold for long.
type clients struct {
	commands, waits redis.UniversalClient
	address         string // for people: hosts, nothing secret
}

func (c *clients) close() error {
	err := c.commands.Close()
	return cmp.Or(err, c.waits.Close())
}

// waitConnections bounds how many queues are waited for at once.
const waitConnections = 20000

// dial makes clients; no connection is made yet.
func (t *target) dial(c *Config) *clients {
	made := &clients{address: strings.Join(t.addrs, ",")}
	switch t.kind {
	case sentinel:
		o := t.failover(c)
		o.Dialer = dialerOf(nil, &redis.Options{TLSConfig: o.TLSConfig, DialTimeout: o.DialTimeout})
		made.address = fmt.Sprintf("%s of the sentinels at %s", t.master, made.address)
		made.commands = redis.NewFailoverClient(o)
		waits := *o
		waits.PoolSize, waits.ReadTimeout = waitConnections, waitTimeout
		made.waits = redis.NewFailoverClient(&waits)
	case cluster:
		made.fromCluster(t.cluster(c), c)
	default:
		made.fromClient(t.single(c), c)
	}
	return made
}

func (t *target) single(c *Config) *redis.Options {
	return &redis.Options{Addr: t.addrs[0], Username: t.username, Password: t.password, DB: t.db, TLSConfig: cmp.Or(c.TLS, t.tls), PoolSize: c.PoolSize}
}

func (t *target) cluster(c *Config) *redis.ClusterOptions {
	return &redis.ClusterOptions{Addrs: t.addrs, Username: t.username, Password: t.password, TLSConfig: cmp.Or(c.TLS, t.tls), PoolSize: c.PoolSize}
}

func (t *target) failover(c *Config) *redis.FailoverOptions {
	return &redis.FailoverOptions{
		MasterName: t.master, SentinelAddrs: t.addrs,
		SentinelUsername: t.sentinelUsername, SentinelPassword: t.sentinelPassword,
		Username: t.username, Password: t.password, DB: t.db, TLSConfig: cmp.Or(c.TLS, t.tls), PoolSize: c.PoolSize,
		MaxRetries: -1, DialerRetries: 1, Protocol: 2, ContextTimeoutEnabled: true,
		DialTimeout: c.ConnectTimeout, ReadTimeout: c.CommandTimeout, WriteTimeout: c.CommandTimeout,
	}
}

// borrow makes clients of our own with the options of the user's: its retries
// would send again what has no number, and its pool is not for listeners.
func borrow(user redis.UniversalClient, c *Config) (*clients, error) {
	made := &clients{}
	switch u := user.(type) {
	case *redis.Client:
		o := *u.Options()
		made.address = o.Addr
		made.fromClient(&o, c)
	case *redis.ClusterClient:
		o := *u.Options()
		made.address = strings.Join(o.Addrs, ",")
		made.fromCluster(&o, c)
	default:
		return nil, fmt.Errorf("%w: a %T cannot keep tasks; use a *redis.Client or *redis.ClusterClient", broker.ErrInvalid, user)
	}
	return made, nil
}

// fromClient settles what the protocol needs of the options: RESP2, no retries,
// deadlines of contexts.
func (m *clients) fromClient(o *redis.Options, c *Config) {
	o.MaxRetries, o.DialerRetries, o.Protocol, o.ContextTimeoutEnabled = -1, 1, 2, true
	o.DialTimeout = cmp.Or(o.DialTimeout, c.ConnectTimeout)
	o.ReadTimeout = cmp.Or(o.ReadTimeout, c.CommandTimeout)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, c.CommandTimeout)
	o.Dialer = dialerOf(o.Dialer, o)
	m.commands = redis.NewClient(o)
	waits := *o
	waits.PoolSize, waits.ReadTimeout = waitConnections, waitTimeout
	m.waits = redis.NewClient(&waits)
}

func (m *clients) fromCluster(o *redis.ClusterOptions, c *Config) {
	o.DialerRetries, o.Protocol, o.ContextTimeoutEnabled, o.DisableRoutingPolicies = 1, 2, true, true
	o.ReadOnly, o.RouteByLatency, o.RouteRandomly = false, false, false // replicas are behind
	o.MaxRedirects = max(o.MaxRedirects, 3)
	o.DialTimeout = cmp.Or(o.DialTimeout, c.ConnectTimeout)
	o.ReadTimeout = cmp.Or(o.ReadTimeout, c.CommandTimeout)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, c.CommandTimeout)
	o.Dialer = dialerOf(o.Dialer, &redis.Options{TLSConfig: o.TLSConfig, DialTimeout: o.DialTimeout})
	m.commands = redis.NewClusterClient(o)
	waits := *o
	waits.PoolSize, waits.ReadTimeout = waitConnections, waitTimeout
	m.waits = redis.NewClusterClient(&waits)
}
