//go:build unix

package redistest

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func TestStart(t *testing.T) {
	s := Start(t)
	if got := s.Do(t, "PING").Text; got != "PONG" {
		t.Errorf("PING: %q", got)
	}
	if got := s.Info(t, "server", "process_id"); got != strconv.Itoa(s.PID()) {
		t.Errorf("process %s answers at %s, want %d", got, s.Addr(), s.PID())
	}
	if got := s.Do(t, "CONFIG", "GET", "save").Strings(); got[1] != "" {
		t.Errorf("save: %q", got)
	}
	if want := "redis://" + s.Addr(); s.URL() != want {
		t.Errorf("URL %s, want %s", s.URL(), want)
	}
}

func TestServersEndWithTheirTest(t *testing.T) {
	var s *Server
	t.Run("inner", func(t *testing.T) { s = Start(t) })
	if err := syscall.Kill(s.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d after the test: %v", s.PID(), err)
	}
	if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
		t.Errorf("folder %s after the test: %v", s.dir, err)
	}
}

func TestRestart(t *testing.T) {
	tests := []struct {
		name string
		args []string
		end  func(*Server)
		want Reply
	}{
		{"killed, nothing on disk", nil, (*Server).Kill, Null()},
		{"stopped, nothing on disk", nil, (*Server).Stop, Null()},
		{"killed, append-only file", []string{"--appendonly", "yes", "--appendfsync", "always"}, (*Server).Kill, Bulk("v")},
		{"running, append-only file", []string{"--appendonly", "yes"}, func(*Server) {}, Bulk("v")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := Start(t, test.args...)
			s.Do(t, "SET", "k", "v")
			addr, pid := s.Addr(), s.PID()
			test.end(s)
			s.Restart(t)
			got := s.Do(t, "GET", "k")
			if got.Kind != test.want.Kind || got.Text != test.want.Text {
				t.Errorf("after the restart: %+v, want %+v", got, test.want)
			}
			if s.Addr() != addr || s.PID() == pid {
				t.Errorf("restarted at %s as %d, was %s as %d", s.Addr(), s.PID(), addr, pid)
			}
		})
	}
}

func TestPausedServerIsStopped(t *testing.T) {
	s := Start(t)
	s.Pause(t)
	s.Stop()
	if status := s.current().cmd.ProcessState; status.ExitCode() != 0 {
		t.Errorf("ended by %v, want an orderly end", status)
	}
}

func TestStartFails(t *testing.T) {
	tests := []struct{ name, binary, arg, want string }{
		{"no such program", "/nowhere/redis-server", "", "REDIS_SERVER"},
		{"it ends", "", "--no-such-option", "no-such-option"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.binary != "" {
				t.Setenv("REDIS_SERVER", test.binary)
			}
			s, err := Launch(test.arg)
			if err == nil {
				s.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v; it should name %s", err, test.want)
			}
		})
	}
}

func TestNoServerOnPath(t *testing.T) {
	t.Setenv("REDIS_SERVER", "")
	t.Setenv("PATH", t.TempDir())
	if _, err := Launch(); err == nil || !strings.Contains(err.Error(), "make test") {
		t.Errorf("error %v, want what to do", err)
	}
}

func TestTakenPort(t *testing.T) {
	s := Start(t)
	_, err := startProcess(s.current().cmd.Path, t.TempDir(), s.plan.ready, s.plan.args(s.port, s.dir))
	if !errors.Is(err, errPortTaken) {
		t.Errorf("a second server on the port: %v", err)
	}
}

func TestShared(t *testing.T) {
	a, prefixA := Shared(t)
	b, prefixB := Shared(t)
	if a != b || prefixA == prefixB {
		t.Errorf("servers %p and %p, prefixes %q and %q", a, b, prefixA, prefixB)
	}
}

func TestAddUser(t *testing.T) {
	s := Start(t)
	url := s.AddUser(t, "alice", "secret", "~a:*", "+@all")
	if want := "redis://alice:secret@" + s.Addr(); url != want {
		t.Errorf("URL %s, want %s", url, want)
	}
	conn, err := s.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, test := range []struct {
		args []string
		ok   bool
	}{
		{[]string{"AUTH", "alice", "wrong"}, false},
		{[]string{"AUTH", "alice", "secret"}, true},
		{[]string{"GET", "a:1"}, true},
		{[]string{"GET", "b:1"}, false},
	} {
		if _, err := ask(conn, test.args...); (err == nil) != test.ok {
			t.Errorf("%q: %v", test.args, err)
		}
	}
}
