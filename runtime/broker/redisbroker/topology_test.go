package redisbroker

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker/brokertest"
)

func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("in short mode one topology is enough")
	}
	t.Parallel()
}

// soak is for what takes minutes: TASKQUEUE_SOAK=1.
func soak(t *testing.T) {
	t.Helper()
	if !soaking() {
		t.Skip("set TASKQUEUE_SOAK=1 for all topologies")
	}
}

func soaking() bool { return os.Getenv("TASKQUEUE_SOAK") == "1" }

func TestConformanceCluster(t *testing.T) {
	long(t)
	brokertest.Run(t, opener(redistest.StartCluster(t, 3).URL(), "t"))
}

func TestConformanceSentinel(t *testing.T) {
	long(t)
	brokertest.Run(t, opener(redistest.StartSentinel(t, 1).URL(), "t"))
}

func TestConformanceTLS(t *testing.T) {
	long(t)
	s, c := redistest.StartTLS(t)
	brokertest.Run(t, opener(s.URL()+"?ca_file="+c.CAFile, "t"))
}

// leastRights are those that doc.go names.
var leastRights = []string{
	"~tq:*", "&tq:*", "-@all",
	"+info", "+get", "+set", "+setnx", "+exists", "+del", "+rename", "+expire", "+pttl", "+pexpire", "+pexpireat",
	"+llen", "+lrange", "+lrem", "+ltrim", "+lpush", "+lpop", "+rpush", "+rpushx", "+blpop", "+sort",
	"+hget", "+hset", "+hdel", "+hlen", "+hmget", "+hexists", "+hincrby", "+hgetall", "+hkeys", "+hstrlen",
	"+zadd", "+zrem", "+zcard", "+zcount", "+zscore", "+zrange", "+zrangebyscore", "+zrangebylex", "+zremrangebyrank",
	"+sadd", "+smembers", "+publish", "+subscribe", "+unsubscribe", "+ping", "+time",
	"+multi", "+exec", "+eval", "+evalsha", "+hello", "+memory|usage",
}

func TestConformanceLeastRights(t *testing.T) {
	long(t)
	s := redistest.Start(t)
	url := s.AddUser(t, "worker", "secret", leastRights...)
	brokertest.Run(t, openerBy("tq:t", at(url), at(s.URL())))
}

// TestLeastRightsInACluster: a Cluster's clients ask for its slots besides.
func TestLeastRightsInACluster(t *testing.T) {
	long(t)
	c := redistest.StartCluster(t, 3)
	for _, n := range c.Nodes {
		n.AddUser(t, "worker", "secret", append(leastRights, "+cluster|slots", "+command", "+asking")...)
	}
	r := newRig(t, mustOpen(t, "redis+cluster://worker:secret@"+strings.Join(c.Addrs(), ","), Config{Logger: quiet}))
	tr := newTraffic(r, 200)
	tr.run(t, 2)
	if n := r.info(); n.Done != 200 {
		t.Errorf("%+v", n)
	}
}

// TestConformanceNew borrows the options of clients that others have made.
func TestConformanceNew(t *testing.T) {
	soak(t)
	long(t)
	t.Run("client", func(t *testing.T) {
		s := redistest.Start(t)
		brokertest.Run(t, newOpener(t, redis.NewClient(&redis.Options{Addr: s.Addr(), Protocol: 3})))
	})
	t.Run("failover client", func(t *testing.T) {
		s := redistest.StartSentinel(t, 1)
		brokertest.Run(t, newOpener(t, redis.NewFailoverClient(&redis.FailoverOptions{MasterName: redistest.MasterName, SentinelAddrs: s.Addrs()})))
	})
	t.Run("cluster client", func(t *testing.T) {
		c := redistest.StartCluster(t, 3)
		brokertest.Run(t, newOpener(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: c.Addrs(), ReadOnly: true, RouteRandomly: true})))
	})
}

func newOpener(t *testing.T, client redis.UniversalClient) brokertest.Open {
	t.Cleanup(func() { _ = client.Close() })
	open := func(c Config) (*Broker, error) { return New(context.Background(), client, c) }
	return openerBy("t", open, open)
}
