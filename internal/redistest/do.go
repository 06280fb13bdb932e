package redistest

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"
)

// askTimeout bounds one command, connecting included.
const askTimeout = 10 * time.Second

// Do sends a command on a connection of its own. An error reply fails the test.
func (s *Server) Do(t testing.TB, args ...string) Reply {
	t.Helper()
	reply, err := s.ask(args...)
	if err != nil {
		t.Fatalf("redis-server at %s: %s: %v", s.Addr(), strings.Join(args, " "), err)
	}
	return reply
}

// Ping asks for a sign of life, which may take some seconds.
func (s *Server) Ping() error {
	_, err := s.ask("PING")
	return err
}

// ScriptFlush has the server forget its scripts.
func (s *Server) ScriptFlush() error {
	_, err := s.ask("SCRIPT", "FLUSH")
	return err
}

func (s *Server) ask(args ...string) (Reply, error) {
	conn, err := s.dial()
	if err != nil {
		return Reply{}, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(askTimeout))
	return ask(conn, args...)
}

func (s *Server) dial() (net.Conn, error) {
	d := net.Dialer{Timeout: askTimeout}
	if s.tls != nil {
		return tls.DialWithDialer(&d, "tcp", s.Addr(), s.tls)
	}
	return d.Dial("tcp", s.Addr())
}

// Info is one field of INFO, "" if the server does not show it.
func (s *Server) Info(t testing.TB, section, field string) string {
	t.Helper()
	return infoField(s.Do(t, "INFO", section).Text, field)
}

func infoField(info, field string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// AddUser adds a user with these rights, such as "~app:*", "+@all", and
// returns the URL that logs it in.
func (s *Server) AddUser(t testing.TB, name, password string, rules ...string) string {
	t.Helper()
	s.Do(t, append([]string{"ACL", "SETUSER", name, "reset", "on", ">" + password}, rules...)...)
	scheme, host, _ := strings.Cut(s.URL(), "://")
	return scheme + "://" + name + ":" + password + "@" + host
}

// eventually polls until ok, for what servers agree about among themselves.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	const limit = 30 * time.Second
	deadline := time.Now().Add(limit)
	for pause := 5 * time.Millisecond; !ok(); pause = min(2*pause, 100*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", limit, what)
		}
		time.Sleep(pause)
	}
}
