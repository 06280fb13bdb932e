package redistest

import (
	"fmt"
	"strings"
	"testing"
)

func TestCluster(t *testing.T) {
	t.Parallel()
	c := StartCluster(t, 3)
	if want := "redis+cluster://" + c.Nodes[0].Addr() + "," + c.Nodes[1].Addr() + "," + c.Nodes[2].Addr(); c.URL() != want {
		t.Errorf("URL %s, want %s", c.URL(), want)
	}
	t.Run("every node serves its slots", func(t *testing.T) {
		for i := range 3 {
			key := fmt.Sprint("key", i)
			if slot := c.Slot(t, key); c.Owner(t, slot) != c.Nodes[slot*3/slots] {
				t.Errorf("slot %d is at %s", slot, c.Owner(t, slot).Addr())
			}
			c.Owner(t, c.Slot(t, key)).Do(t, "SET", key, "v")
			if _, err := c.Other(t, c.Slot(t, key)).ask("GET", key); err == nil || !strings.HasPrefix(err.Error(), "MOVED") {
				t.Errorf("another node says: %v", err)
			}
		}
	})
	t.Run("a slot moves step by step", func(t *testing.T) { moveSlot(t, c) })
}

func moveSlot(t *testing.T, c *Cluster) {
	slot := c.Slot(t, "{q}")
	from := c.Owner(t, slot)
	from.Do(t, "MSET", "{q}1", "a", "{q}2", "b")
	m := c.Migrate(t, slot, c.Other(t, slot))
	m.Move(t, "{q}1")
	for _, test := range []struct {
		at   *Server
		args []string
		want string
	}{
		{m.From, []string{"GET", "{q}2"}, ""},
		{m.From, []string{"GET", "{q}1"}, "ASK"},
		{m.From, []string{"MGET", "{q}1", "{q}2"}, "TRYAGAIN"},
		{m.To, []string{"GET", "{q}1"}, "MOVED"},
	} {
		if _, err := test.at.ask(test.args...); err != nil != (test.want != "") || err != nil && !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q while the slot moves: %v, want %s", test.args, err, test.want)
		}
	}
	m.Finish(t)
	if got := strings.Join(m.To.Do(t, "MGET", "{q}1", "{q}2").Strings(), ""); got != "ab" {
		t.Errorf("the new node has %q", got)
	}
	if c.Owner(t, slot) != m.To {
		t.Errorf("the slot is at %s", c.Owner(t, slot).Addr())
	}
}
