package redistest

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	loopback  = "127.0.0.1"
	readyLine = "Ready to accept connections"
)

// A Server is one redis-server. Its methods are safe for concurrent use.
type Server struct {
	plan plan
	tls  *tls.Config // of Do's connections; nil: plain
	port int
	dir  string

	mu   sync.Mutex
	runs []*process // the last one is the current
}

// A plan says how a server is started.
type plan struct {
	args  func(port int, dir string) []string
	ready string // what its log says then
}

// Start runs a server until the test ends; its log is shown if the test fails.
// It keeps nothing on disk, unless args (of redis-server, such as
// "--appendonly", "yes") say so. They must leave it its port and its log.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return startPlan(t, plainPlan(args))
}

// Launch is Start for a program that is no test: the caller must call Close.
func Launch(args ...string) (*Server, error) { return launch(plainPlan(args)) }

func plainPlan(args []string) plan {
	return plan{ready: readyLine, args: func(port int, dir string) []string {
		return append(baseArgs(dir), append([]string{"--port", strconv.Itoa(port)}, args...)...)
	}}
}

func baseArgs(dir string) []string {
	return []string{"--bind", loopback, "--dir", dir, "--save", "", "--appendonly", "no"}
}

// startPlan launches a server and hands its end to the test.
func startPlan(t testing.TB, p plan) *Server {
	t.Helper()
	s, err := launch(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		if t.Failed() {
			t.Logf("the end of the log of redis-server at %s:\n%s", s.Addr(), tail(s.Log()))
		}
	})
	return s
}

func launch(p plan) (*Server, error) {
	dir, err := os.MkdirTemp("", "redistest")
	if err != nil {
		return nil, err
	}
	s := &Server{plan: p, dir: dir}
	err = errPortTaken
	for tries := 0; errors.Is(err, errPortTaken) && tries < 20; tries++ {
		if s.port, err = freePort(); err == nil {
			err = s.run()
		}
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return s, nil
}

func (s *Server) run() error {
	binary, err := findBinary()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := startProcess(binary, s.dir, s.plan.ready, s.plan.args(s.port, s.dir))
	if err == nil {
		s.runs = append(s.runs, p)
	}
	return err
}

func (s *Server) current() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runs[len(s.runs)-1]
}

// Addr is the server's address, 127.0.0.1:port.
func (s *Server) Addr() string { return net.JoinHostPort(loopback, strconv.Itoa(s.port)) }

// URL is redis://127.0.0.1:port, or rediss:// with TLS.
func (s *Server) URL() string {
	if s.tls != nil {
		return "rediss://" + s.Addr()
	}
	return "redis://" + s.Addr()
}

// PID is the process id of the current, or last, run.
func (s *Server) PID() int { return s.current().cmd.Process.Pid }

// Log is what the server has written, in all its runs.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var text strings.Builder
	for _, p := range s.runs {
		text.WriteString(p.log.String())
	}
	return text.String()
}

// tail is as much of a log as one reads.
func tail(log string) string { return log[max(0, len(log)-4000):] }

// Kill ends the server as a crash would (SIGKILL). It returns when it is gone.
func (s *Server) Kill() { s.current().kill() }

// Stop asks the server to end (SIGTERM), and kills it if it does not within
// five seconds. It returns when it is gone.
func (s *Server) Stop() { s.current().stop() }

// Close stops the server and removes its files. Tests need not call it.
func (s *Server) Close() {
	s.Stop()
	os.RemoveAll(s.dir)
}

// Restart starts the server again, on the same port and with the same files. A
// run that has not ended is stopped first.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Stop()
	if err := s.run(); err != nil {
		t.Fatalf("restarting redis-server at %s: %v", s.Addr(), err)
	}
}

// Pause stops the server's process from running (SIGSTOP): connections stay
// open and nothing answers, until Resume.
func (s *Server) Pause(t testing.TB) {
	t.Helper()
	if err := s.current().pause(); err != nil {
		t.Fatalf("pausing redis-server at %s: %v", s.Addr(), err)
	}
}

// Resume ends Pause.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	if err := s.current().resume(); err != nil {
		t.Fatalf("resuming redis-server at %s: %v", s.Addr(), err)
	}
}
