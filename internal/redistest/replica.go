package redistest

import (
	"net"
	"strings"
	"testing"
)

// StartReplica runs a replica of a server that it reaches at addr, the server's own
// or one that stands before it, until the test ends. It returns when the replica
// is in step.
func StartReplica(t testing.TB, master *Server, addr string, args ...string) *Server {
	t.Helper()
	master.Do(t, "CONFIG", "SET", "repl-diskless-sync", "yes")
	master.Do(t, "CONFIG", "SET", "repl-diskless-sync-delay", "0")
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	replica := Start(t, append(args, "--replicaof", host+" "+port)...)
	eventually(t, "the replica is in step", func() bool {
		return strings.Contains(master.Info(t, "replication", "slave0"), "state=online")
	})
	return replica
}

// Promote makes a master of a replica, as a fail-over does.
func (s *Server) Promote(t testing.TB) *Server {
	t.Helper()
	s.Do(t, "REPLICAOF", "NO", "ONE")
	return s
}
