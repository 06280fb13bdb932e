package redistest

import (
	"net"
	"testing"
	"time"
)

// TestLag: a replica behind a lag is as far behind as that.
func TestLag(t *testing.T) {
	master := Start(t)
	lag := StartLag(t, master.Addr())
	replica := StartReplica(t, master, lag.Addr())
	const delay = 300 * time.Millisecond
	lag.Set(delay)
	start := time.Now()
	master.Do(t, "SET", "a", "1")
	eventually(t, "the replica has it", func() bool { return replica.Do(t, "GET", "a").Text == "1" })
	if took := time.Since(start); took < delay {
		t.Errorf("it was there after %v", took)
	}
	lag.Cut()
	master.Do(t, "SET", "a", "2")
	if conn, err := net.Dial("tcp", lag.Addr()); err == nil {
		conn.Close()
		t.Error("it still listens")
	}
	if got := replica.Promote(t).Do(t, "GET", "a").Text; got != "1" {
		t.Errorf("after the cut it has %q", got)
	}
}

// TestProxyRedirect: who comes anew speaks to another server.
func TestProxyRedirect(t *testing.T) {
	one, other := Start(t), Start(t)
	one.Do(t, "SET", "name", "one")
	other.Do(t, "SET", "name", "other")
	p := StartProxy(t, one.Addr())
	for _, want := range []string{"one", "other"} {
		got, err := ask(dialProxy(t, p), "GET", "name")
		if err != nil || got.Text != want {
			t.Errorf("%q, %v, want %q", got.Text, err, want)
		}
		p.Redirect(other.Addr())
	}
}
