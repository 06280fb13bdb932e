package redisbroker

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestOpenRefuses wants an error of the right kind in time, that names the server
// and not the password.
func TestOpenRefuses(t *testing.T) {
	secured := redistest.Start(t, "--requirepass", "hunter1")
	secure, _ := redistest.StartTLS(t)
	plain := redistest.Start(t)
	plain.Do(t, "SET", "tq:schema", "999")
	silent := redistest.StartFake(t, func([]string) redistest.Reply { return redistest.Silence() })
	closing := redistest.StartFake(t, func([]string) redistest.Reply { return redistest.Hangup() })
	ancient := redistest.StartFake(t, redistest.Version("6.0.16"))
	odd := redistest.StartFake(t, redistest.Version("new"))
	nowhere := closedPort(t)
	for name, test := range map[string]struct {
		url, names string
		want       error
	}{
		"nobody listens":     {"redis://u:hunter2@" + nowhere, nowhere, broker.ErrUnavailable},
		"no such host":       {"redis://u:hunter2@host.invalid", "host.invalid", broker.ErrUnavailable},
		"nobody in Cluster":  {"redis+cluster://u:hunter2@" + nowhere, nowhere, broker.ErrUnavailable},
		"nobody of Sentinel": {"redis+sentinel://u:hunter2@" + nowhere + "/m", nowhere, broker.ErrUnavailable},
		"silent":             {silent.URL(), silent.Addr(), broker.ErrUnavailable},
		"closing":            {closing.URL(), closing.Addr(), broker.ErrUnavailable},
		"Redis 6.0":          {ancient.URL(), "6.0.16", broker.ErrUnsupported},
		"no version":         {odd.URL(), odd.Addr(), broker.ErrUnsupported},
		"wrong password":     {"redis://:hunter2@" + secured.Addr(), secured.Addr(), broker.ErrUnavailable},
		"no password":        {"redis://" + secured.Addr(), secured.Addr(), broker.ErrUnavailable},
		"other schema":       {plain.URL(), `"999"`, broker.ErrUnsupported},
		"no Cluster":         {"redis+cluster://" + plain.Addr(), plain.Addr(), broker.ErrUnavailable},
		"unknown authority":  {secure.URL(), secure.Addr(), broker.ErrUnavailable},
		"TLS to plain":       {"rediss://" + plain.Addr(), plain.Addr(), broker.ErrUnavailable},
		"plain to TLS":       {"redis://" + secure.Addr(), secure.Addr(), broker.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limit := time.Second
			if errors.Is(test.want, broker.ErrUnsupported) {
				limit = 10 * time.Second // it answers, however busy the machine is
			}
			start := time.Now()
			b, err := Open(t.Context(), test.url, Config{Logger: quiet, ConnectTimeout: limit})
			if b != nil || !errors.Is(err, test.want) {
				t.Fatalf("%v, want %v", err, test.want)
			}
			if took := time.Since(start); took > 8*time.Second {
				t.Errorf("it took %v", took)
			}
			if text := err.Error(); !strings.Contains(text, test.names) || strings.Contains(text, "hunter") {
				t.Errorf("%q does not name %s, or names a password", text, test.names)
			}
		})
	}
}

func TestBadConfig(t *testing.T) {
	for name, c := range map[string]Config{
		"prefix": {Prefix: "a{b}"}, "ConnectTimeout": {ConnectTimeout: -1}, "CommandTimeout": {CommandTimeout: time.Hour},
		"Patience": {Patience: time.Hour}, "PoolSize": {PoolSize: -1},
		"Durable.Replicas": {Durable: Durability{Replicas: -1}}, "Durable.Timeout": {Durable: Durability{Replicas: 1, Timeout: time.Minute}},
	} {
		if _, err := Open(t.Context(), "redis://", c); !errors.Is(err, broker.ErrInvalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ring := redis.NewRing(&redis.RingOptions{})
	defer ring.Close()
	if _, err := New(t.Context(), ring, Config{}); !errors.Is(err, broker.ErrInvalid) {
		t.Errorf("a ring: %v", err)
	}
}

// TestWarnings wants each danger once, a Cluster's too.
func TestWarnings(t *testing.T) {
	logOf := func(open func(Config) (*Broker, error)) string {
		var out bytes.Buffer
		b, err := open(Config{Logger: slog.New(slog.NewTextHandler(&out, nil))})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		return out.String()
	}
	risky := []string{"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"}
	for name, open := range map[string]func(Config) (*Broker, error){
		"server":  at(redistest.Start(t, risky...).URL()),
		"Cluster": at(redistest.StartCluster(t, 3, risky...).URL()),
	} {
		text := logOf(open)
		if strings.Count(text, "may evict tasks") != 1 || strings.Count(text, "append-only") != 1 || !strings.Contains(text, "allkeys-lru") {
			t.Errorf("%s: %s", name, text)
		}
	}
	if text := logOf(at(redistest.Start(t, "--appendonly", "yes").URL())); text != "" {
		t.Errorf("a safe server: %s", text)
	}
}

// TestQuietWithoutRedis: what is told of a server that is away is the error.
func TestQuietWithoutRedis(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	var out bytes.Buffer
	b, err := Open(t.Context(), s.URL(), Config{Logger: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelError}))})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	r := newRig(t, b)
	receipts, err := b.Enqueue(ctx, r.tasks(1, "x"))
	if err != nil || len(receipts) != 1 || !errors.Is(receipts[0].Err, broker.ErrUnavailable) || errors.Is(receipts[0].Err, broker.ErrUnknown) {
		t.Errorf("%v, %v", receipts, err)
	}
	if out.Len() > 0 {
		t.Errorf("logged: %s", out.String())
	}
}

// TestJudge pins what passes, and what may have been carried out.
func TestJudge(t *testing.T) {
	type verdict struct{ passing, executed bool }
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	for text, want := range map[string]verdict{
		"LOADING Redis is loading the dataset in memory":                                       {true, false},
		"READONLY You can't write against a read only replica.":                                {true, false},
		"MISCONF Errors writing to the AOF file: No space left on device":                      {true, false},
		"NOREPLICAS Not enough good replicas to write.":                                        {true, false},
		"UNBLOCKED force unblock from blocking operation, instance state changed":              {true, false},
		"ERR Error running script (call to f_1): @user_script:9: @user_script: 9: -READONLY x": {true, false},
		"EXECABORT Transaction discarded because of: LOADING x":                                {true, false},
		"OOM command not allowed when used memory > 'maxmemory'.":                              {false, false},
		"FENCED lease lost": {false, false},
		"WRONGTYPE x":       {false, false},
	} {
		var got verdict
		if got.passing, got.executed = judge(replyError(text)); got != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
	for _, test := range []struct {
		err  error
		want verdict
	}{
		{dial, verdict{true, false}},
		{redis.ErrPoolTimeout, verdict{true, false}},
		{redis.ErrClosed, verdict{true, false}},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, verdict{true, true}},
		{context.DeadlineExceeded, verdict{true, true}},
		{errProtocol, verdict{true, true}},
	} {
		var got verdict
		if got.passing, got.executed = judge(test.err); got != test.want {
			t.Errorf("%v: %+v", test.err, got)
		}
	}
	b := &Broker{clients: &clients{address: "host"}}
	for text, want := range map[string]error{
		"OOM command not allowed when used memory > 'maxmemory'.":                         broker.ErrFull,
		"ERR Error running script (call to f_1): @user_script:9: @user_script: 9: -OOM x": broker.ErrFull,
		"EXECABORT Transaction discarded because of: OOM command not allowed":             broker.ErrFull,
		"FENCED lease lost": broker.ErrFenced, "STALE cycle": broker.ErrStale, "NOPERM x": broker.ErrUnavailable,
	} {
		if err := b.refusal(replyError(text)); !errors.Is(err, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
