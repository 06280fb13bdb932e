package redistest

import (
	"fmt"
	"testing"
)

func TestSentinel(t *testing.T) {
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			s := StartSentinel(t, n)
			if len(s.Addrs()) != n {
				t.Fatalf("sentinels at %q", s.Addrs())
			}
			old := s.Master(t)
			if old != s.Data[0] {
				t.Errorf("the first master is %s", old.Addr())
			}
			old.Do(t, "SET", "k", "v")
			eventually(t, "the replica has the key", func() bool { return s.Data[1].Do(t, "GET", "k").Text == "v" })

			master := s.Failover(t)
			if master == old || master != s.Master(t) {
				t.Fatalf("the new master is %s, was %s", master.Addr(), old.Addr())
			}
			if got := master.Do(t, "GET", "k").Text; got != "v" {
				t.Errorf("the new master has %q", got)
			}
			if n > 1 {
				return // what follows takes ten seconds
			}
			old.Restart(t)
			eventually(t, "the old master follows", func() bool { return old.Info(t, "replication", "role") == "slave" })
		})
	}
}
