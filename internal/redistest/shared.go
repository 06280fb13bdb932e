package redistest

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// A sharedServer is the process' one server for tests that need no own.
type sharedServer struct {
	mu      sync.Mutex
	server  *Server
	callers int
}

// shared has to be a variable of the package: tests share nothing else.
var shared sharedServer

// Shared is one server for all tests of the process, started by the first
// call, and a key prefix that no other call gets. Main stops it. Do not stop,
// pause or flush it.
func Shared(t testing.TB) (s *Server, prefix string) {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil {
		var err error
		if shared.server, err = Launch(); err != nil {
			t.Fatal(err)
		}
	}
	shared.callers++
	return shared.server, fmt.Sprintf("t%d", shared.callers)
}

func (s *sharedServer) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		s.server.Close()
		s.server = nil
	}
}

// Main runs a package's tests, stops the server of Shared and looks for
// goroutines that were left behind. TestMain exits with its result.
func Main(m goleak.TestingM, options ...goleak.Option) int {
	code := m.Run()
	shared.close()
	if code != 0 {
		return code
	}
	if err := goleak.Find(options...); err != nil {
		fmt.Fprintf(os.Stderr, "goleak: %v\n", err)
		return 1
	}
	return 0
}
