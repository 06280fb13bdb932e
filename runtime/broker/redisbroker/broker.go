package redisbroker

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Config adjusts a broker. The zero value is ready to use.
type Config struct {
	Prefix         string        // of all keys; default "tq:"
	PoolSize       int           // connections for commands, a node; default 10 for each CPU
	ConnectTimeout time.Duration // of one connection; default 5s
	CommandTimeout time.Duration // of one answer; default 5s

	// Patience is how long a call without a deadline is repeated while Redis
	// does not answer. Default 30s, at most 30m: that long repeats are known.
	Patience time.Duration

	Durable Durability // of what is enqueued; default: as the server is

	TLS    *tls.Config  // overrides what the URL says
	Logger *slog.Logger // warnings about the server; default slog.Default()
}

const (
	defaultPrefix   = "tq:"
	defaultTimeout  = 5 * time.Second
	defaultPatience = 30 * time.Second
	maxPatience     = 30 * time.Minute
)

func (c Config) withDefaults() (Config, error) {
	c.Prefix = cmp.Or(c.Prefix, defaultPrefix)
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, defaultTimeout)
	c.CommandTimeout = cmp.Or(c.CommandTimeout, defaultTimeout)
	c.Patience = cmp.Or(c.Patience, defaultPatience)
	c.Durable.Timeout = cmp.Or(c.Durable.Timeout, defaultDurableTimeout)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	var errs []error
	errs = append(errs, broker.CheckName("key prefix", c.Prefix), c.Durable.check(c.CommandTimeout))
	for name, d := range map[string]time.Duration{"ConnectTimeout": c.ConnectTimeout, "CommandTimeout": c.CommandTimeout, "Patience": c.Patience} {
		if d < time.Millisecond || d > maxPatience {
			errs = append(errs, fmt.Errorf("%w: %s %v is outside 1ms to %v", broker.ErrInvalid, name, d, maxPatience))
		}
	}
	if c.PoolSize < 0 {
		errs = append(errs, fmt.Errorf("%w: PoolSize %d is negative", broker.ErrInvalid, c.PoolSize))
	}
	return c, errors.Join(errs...)
}

// A Broker keeps tasks in Redis. It is safe for concurrent use.
type Broker struct {
	*clients
	prefix   string
	patience time.Duration
	durable  Durability
	log      *slog.Logger
	scripts  atomic.Pointer[scripts]
	clock    clock
	process  string // begins the names of this process' producers
	serial   atomic.Int64

	queues  sync.Map  // name → *queue
	writers producers // of records

	ctx     context.Context // ends with Close
	stop    context.CancelFunc
	startMu sync.Mutex
	work    sync.WaitGroup // goroutines that Close waits for; added to under startMu

	listenMu  sync.Mutex
	listeners []*listener
	turn      int          // of listenerOf
	shortest  atomic.Int64 // lease in nanoseconds; 0: none yet
}

var _ broker.Broker = (*Broker)(nil)

// Open connects to the servers of a URL and checks them:
//
//	redis://[user:password@]host[:6379][/db]
//	redis+sentinel://[user:password@]host[:26379],host…/master[/db]
//	redis+cluster://[user:password@]host[:6379],host…
//
// rediss instead of redis is with TLS. Parameters: prefix, pool_size,
// connect_timeout, command_timeout, durable_replicas, durable_timeout,
// ca_file, sentinel_username, sentinel_password; they override the config. The error is ErrInvalid for a
// bad URL or config, ErrUnsupported for servers that are too old, ErrUnavailable
// where none answers within the connect timeout. It never shows a password.
// What go-redis has to say goes to the config's logger at level debug, in the
// whole process; New leaves that as it is.
func Open(ctx context.Context, url string, c Config) (*Broker, error) {
	t, err := parseURL(url, &c)
	if err != nil {
		return nil, err
	}
	c, err = c.withDefaults()
	if err != nil {
		return nil, err
	}
	redis.SetLogger(remarks{c.Logger})
	return connect(ctx, t.dial(&c), c)
}

// New does the same with the options of a client that is a *redis.Client (also
// one of sentinels) or a *redis.ClusterClient. The broker makes connections of
// its own: the client stays the caller's, and open while the broker is in use.
func New(ctx context.Context, client redis.UniversalClient, c Config) (*Broker, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	made, err := borrow(client, &c)
	if err != nil {
		return nil, err
	}
	return connect(ctx, made, c)
}

func connect(ctx context.Context, made *clients, c Config) (*Broker, error) {
	b := &Broker{
		clients: made, prefix: c.Prefix, patience: c.Patience, durable: c.Durable, log: c.Logger,
		process: randomName(),
	}
	b.ctx, b.stop = context.WithCancel(context.Background())
	b.scripts.Store(newScripts(""))
	ctx, cancel := context.WithTimeout(ctx, c.ConnectTimeout)
	defer cancel()
	if err := b.handshake(ctx); err != nil {
		_ = b.Close()
		return nil, err
	}
	return b, nil
}

func randomName() string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // it never fails
	return hex.EncodeToString(random[:])
}

// Close ends every Wait and Watch and closes the connections. Tasks stay.
// Closing again does nothing.
func (b *Broker) Close() error {
	b.startMu.Lock()
	again := b.ctx.Err() != nil
	b.stop()
	b.startMu.Unlock()
	if again {
		return nil //nolint:nilerr // it is closed, as it was to be
	}
	err := b.clients.close()
	b.work.Wait()
	if errors.Is(err, redis.ErrClosed) {
		return nil
	}
	return err
}

// start runs f in a goroutine that Close waits for, unless the broker is closed.
func (b *Broker) start(f func()) bool {
	b.startMu.Lock()
	defer b.startMu.Unlock()
	if b.ctx.Err() != nil {
		return false
	}
	b.work.Go(f)
	return true
}

// enter reports why a call should not begin.
func (b *Broker) enter(ctx context.Context) error {
	if b.ctx.Err() != nil {
		return broker.ErrClosed
	}
	if ctx.Err() != nil {
		return &outage{address: b.address, end: ctx.Err()}
	}
	return nil
}

// A queue is what this process knows of a queue.
type queue struct {
	*keys
	enqueueKeys []string
	cycleKeys   []string
	look        []string
	glance      []string  // what exists where a look is worth it
	listener    *listener // guarded by the broker's listenMu

	producers producers

	mu       sync.Mutex
	listed   bool // its name is in the registry
	sessions map[string]*session
}

func (b *Broker) queue(name string) *queue {
	if q, ok := b.queues.Load(name); ok {
		return q.(*queue)
	}
	k := newKeys(b.prefix, name)
	q, _ := b.queues.LoadOrStore(name, &queue{
		keys:        k,
		enqueueKeys: k.grouped(k.scheduled, k.unique, k.windows, k.onces, k.shelf),
		cycleKeys:   k.grouped(k.scheduled, k.unique, k.windows, k.letters, k.sessions, k.idle, k.marks, k.progress, k.parked, k.shelf),
		look:        k.grouped(),
		glance:      append(slices.Clone(k.lanes[:]), k.schedule, k.holders, k.ready, k.aside, k.parked),
		sessions:    make(map[string]*session),
	})
	return q.(*queue)
}
