package redistest

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func dialProxy(t *testing.T, p *Proxy) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// closed reports whether an error is what a client sees of a closed connection.
func closed(err error) bool {
	var op *net.OpError
	return errors.Is(err, io.EOF) || errors.As(err, &op) && !op.Timeout()
}

func TestProxyPassesOn(t *testing.T) {
	s := Start(t)
	p := StartProxy(t, s.Addr())
	for _, protocol := range []int{2, 3} {
		client := redis.NewClient(&redis.Options{Addr: p.Addr(), Protocol: protocol})
		value := strings.Repeat("a\r\n", 100_000)
		pipe := client.Pipeline()
		pipe.Set(t.Context(), "k", value, 0)
		get := pipe.Get(t.Context(), "k")
		config := pipe.ConfigGet(t.Context(), "maxmemory*")
		if _, err := pipe.Exec(t.Context()); err != nil || get.Val() != value || len(config.Val()) < 2 {
			t.Errorf("protocol %d: %d bytes, %d settings, %v", protocol, len(get.Val()), len(config.Val()), err)
		}
		sub := client.Subscribe(t.Context(), "c")
		if _, err := sub.Receive(t.Context()); err != nil {
			t.Error(err)
		}
		client.Publish(t.Context(), "c", "hello")
		if m, err := sub.ReceiveMessage(t.Context()); err != nil || m.Payload != "hello" {
			t.Errorf("protocol %d: message %v, %v", protocol, m, err)
		}
		sub.Close()
		client.Close()
	}
}

func TestProxyCut(t *testing.T) {
	p := StartProxy(t, Start(t).Addr())
	conn := dialProxy(t, p)
	if _, err := ask(conn, "PING"); err != nil {
		t.Fatal(err)
	}
	p.Cut()
	if _, err := ask(conn, "PING"); !closed(err) {
		t.Errorf("a connection that was open: %v", err)
	}
	if _, err := ask(dialProxy(t, p), "PING"); !closed(err) {
		t.Errorf("a new connection: %v", err)
	}
	p.Resume()
	if _, err := ask(dialProxy(t, p), "PING"); err != nil {
		t.Errorf("after Resume: %v", err)
	}
}

func TestProxyHang(t *testing.T) {
	s := Start(t)
	p := StartProxy(t, s.Addr())
	conn := dialProxy(t, p)
	p.Hang()
	p.Hang()
	conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := ask(conn, "SET", "k", "v"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("while it hangs: %v", err)
	}
	if got := s.Do(t, "GET", "k"); got.Kind != '_' {
		t.Errorf("the command went through: %+v", got)
	}
	conn.SetReadDeadline(time.Time{})
	p.Resume()
	if reply, err := newReader(conn).read(); err != nil || reply.Text != "OK" {
		t.Errorf("after Resume: %+v, %v", reply, err)
	}
}

func TestProxyCutEndsWhatHangs(t *testing.T) {
	s := Start(t)
	p := StartProxy(t, s.Addr())
	conn := dialProxy(t, p)
	if _, err := ask(conn, "PING"); err != nil {
		t.Fatal(err)
	}
	p.Hang()
	if _, err := conn.Write(appendCommand(nil, []string{"SET", "k", "v"})); err != nil {
		t.Fatal(err)
	}
	p.Cut()
	p.Resume()
	if _, err := newReader(conn).read(); !closed(err) {
		t.Errorf("the connection: %v", err)
	}
	if got := s.Do(t, "GET", "k"); got.Kind != '_' {
		t.Errorf("the command went through: %+v", got)
	}
}

func TestProxyDropsReplies(t *testing.T) {
	s := Start(t)
	p := StartProxy(t, s.Addr())
	p.DropReplies(2, Command("INCR"))
	for i := range 2 {
		conn := dialProxy(t, p)
		if _, err := ask(conn, "PING"); err != nil {
			t.Errorf("a command that does not match: %v", err)
		}
		if reply, err := ask(conn, "incr", "k"); !closed(err) {
			t.Errorf("lost reply %d: %+v, %v", i, reply, err)
		}
	}
	if reply, err := ask(dialProxy(t, p), "INCR", "k"); err != nil || reply.Text != "3" {
		t.Errorf("INCR after two lost replies: %+v, %v", reply, err)
	}
	if p.Dropped() != 2 {
		t.Errorf("%d replies lost, want 2", p.Dropped())
	}
}

func TestProxyRewrites(t *testing.T) {
	p := StartProxy(t, Start(t).Addr())
	p.Rewrite(Command("INFO"), func(text string) string { return strings.Replace(text, "redis_version:", "redis_version:99.", 1) })
	conn := dialProxy(t, p)
	for command, want := range map[string]string{"INFO": "redis_version:99.", "ECHO": ""} {
		reply, err := ask(conn, command, "server")
		if err != nil || want != "" && !strings.Contains(reply.Text, want) || want == "" && reply.Text != "server" {
			t.Errorf("%s: %q, %v", command, reply.Text, err)
		}
	}
}

// TestProxyDropsOneOfAPipeline: what came before the lost reply arrives.
func TestProxyDropsOneOfAPipeline(t *testing.T) {
	p := StartProxy(t, Start(t).Addr())
	p.DropReplies(1, Command("ECHO"))
	conn := dialProxy(t, p)
	var pipeline []byte
	for _, args := range [][]string{{"PING"}, {"SET", "k", "v"}, {"ECHO", "lost"}, {"PING"}} {
		pipeline = appendCommand(pipeline, args)
	}
	if _, err := conn.Write(pipeline); err != nil {
		t.Fatal(err)
	}
	r := newReader(conn)
	for _, want := range []string{"PONG", "OK"} {
		if reply, err := r.read(); err != nil || reply.Text != want {
			t.Errorf("%+v, %v, want %s", reply, err, want)
		}
	}
	if reply, err := r.read(); !closed(err) {
		t.Errorf("the lost reply: %+v, %v", reply, err)
	}
}
