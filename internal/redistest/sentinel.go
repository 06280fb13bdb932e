package redistest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// MasterName is the name under which sentinels know the master.
const MasterName = "mymaster"

// A Sentinel is a master and a replica that sentinels watch.
type Sentinel struct {
	Sentinels []*Server
	Data      []*Server // at first the master, then its replica
}

// StartSentinel runs a master, a replica and sentinels, 1 or 3, until the test
// ends. They take a master that is silent for two seconds as down (they ask once
// a second, so that with less they would take a healthy one as down). It takes
// about three seconds: that long sentinels need to find each other.
func StartSentinel(t testing.TB, sentinels int, args ...string) *Sentinel {
	t.Helper()
	args = append([]string{"--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"}, args...)
	master := Start(t, args...)
	replica := Start(t, append(args, "--replicaof", loopback+" "+strconv.Itoa(master.port))...)
	s := &Sentinel{Data: []*Server{master, replica}}
	eventually(t, "the replica is in step", func() bool {
		return strings.Contains(master.Info(t, "replication", "slave0"), "state=online")
	})
	for range sentinels {
		s.Sentinels = append(s.Sentinels, startPlan(t, sentinelPlan(master, sentinels/2+1)))
	}
	for _, one := range s.Sentinels {
		eventually(t, "the sentinel at "+one.Addr()+" knows the others", func() bool {
			return len(one.Do(t, "SENTINEL", "SENTINELS", MasterName).Items) == sentinels-1 &&
				strings.Contains(one.Info(t, "sentinel", "master0"), "status=ok") &&
				strings.Contains(one.Info(t, "sentinel", "master0"), "slaves=1")
		})
	}
	return s
}

// sentinelPlan writes the file that a sentinel wants, and rewrites.
func sentinelPlan(master *Server, quorum int) plan {
	return plan{ready: "+monitor", args: func(port int, dir string) []string {
		path := filepath.Join(dir, "sentinel.conf")
		if _, err := os.Stat(path); err == nil {
			return []string{path, "--sentinel"} // a restart keeps what it has learnt
		}
		lines := fmt.Sprintf("bind %[1]s\nport %[2]d\ndir %[3]q\n"+
			"sentinel monitor %[4]s %[1]s %[5]d %[6]d\n"+
			"sentinel down-after-milliseconds %[4]s 2000\n"+
			"sentinel failover-timeout %[4]s 3000\n",
			loopback, port, dir, MasterName, master.port, quorum)
		// A file that cannot be written shows in the sentinel's log.
		os.WriteFile(path, []byte(lines), 0o600)
		return []string{path, "--sentinel"}
	}}
}

// URL is redis+sentinel:// with all sentinels, and the master's name.
func (s *Sentinel) URL() string {
	return "redis+sentinel://" + strings.Join(s.Addrs(), ",") + "/" + MasterName
}

// Addrs are the addresses of the sentinels.
func (s *Sentinel) Addrs() []string {
	var addrs []string
	for _, one := range s.Sentinels {
		addrs = append(addrs, one.Addr())
	}
	return addrs
}

// Master is the server that the first sentinel takes for the master.
func (s *Sentinel) Master(t testing.TB) *Server {
	t.Helper()
	addr := s.Sentinels[0].masterAddr(t)
	for _, d := range s.Data {
		if d.Addr() == addr {
			return d
		}
	}
	t.Fatalf("the sentinel names a master that is not ours: %s", addr)
	return nil
}

func (s *Server) masterAddr(t testing.TB) string {
	t.Helper()
	parts := s.Do(t, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", MasterName).Strings()
	return net.JoinHostPort(parts[0], parts[1])
}

// Failover kills the master and returns the new one, once every sentinel names
// it. Restart brings the old one back, as a replica.
func (s *Sentinel) Failover(t testing.TB) *Server {
	t.Helper()
	old := s.Master(t)
	old.Kill()
	return s.AwaitMaster(t, old)
}

// AwaitMaster waits until every sentinel names another master than old, one
// that knows that it is.
func (s *Sentinel) AwaitMaster(t testing.TB, old *Server) *Server {
	t.Helper()
	for _, one := range s.Sentinels {
		eventually(t, "the sentinel at "+one.Addr()+" names a new master", func() bool { return one.masterAddr(t) != old.Addr() })
	}
	master := s.Master(t)
	eventually(t, master.Addr()+" is master", func() bool { return master.Info(t, "replication", "role") == "master" })
	return master
}
