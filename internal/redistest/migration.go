package redistest

import (
	"strconv"
	"testing"
)

// A Migration moves a slot from one node to another, as slowly as a test
// wants. Between its steps the slot is split: the old node answers for the keys
// that it still has, redirects for others (ASK), and refuses a command that
// needs both kinds (TRYAGAIN).
type Migration struct {
	Slot     int
	From, To *Server
	cluster  *Cluster
}

// Migrate begins to move a slot (SETSLOT IMPORTING and MIGRATING); no key is
// moved yet.
func (c *Cluster) Migrate(t testing.TB, slot int, to *Server) *Migration {
	t.Helper()
	m := &Migration{Slot: slot, From: c.Owner(t, slot), To: to, cluster: c}
	to.Do(t, "CLUSTER", "SETSLOT", strconv.Itoa(slot), "IMPORTING", m.From.nodeID(t))
	m.From.Do(t, "CLUSTER", "SETSLOT", strconv.Itoa(slot), "MIGRATING", to.nodeID(t))
	return m
}

func (s *Server) nodeID(t testing.TB) string {
	t.Helper()
	return s.Do(t, "CLUSTER", "MYID").Text
}

// Keys are at most limit keys of the slot that the old node still has.
func (m *Migration) Keys(t testing.TB, limit int) []string {
	t.Helper()
	return m.From.Do(t, "CLUSTER", "GETKEYSINSLOT", strconv.Itoa(m.Slot), strconv.Itoa(limit)).Strings()
}

// Move takes these keys to the new node.
func (m *Migration) Move(t testing.TB, keys ...string) {
	t.Helper()
	if len(keys) > 0 {
		args := []string{"MIGRATE", loopback, strconv.Itoa(m.To.port), "", "0", "10000", "KEYS"}
		m.From.Do(t, append(args, keys...)...)
	}
}

// Finish moves the keys that are left and gives the slot to the new node. It
// returns when every node knows.
func (m *Migration) Finish(t testing.TB) {
	t.Helper()
	for keys := m.Keys(t, 1000); len(keys) > 0; keys = m.Keys(t, 1000) {
		m.Move(t, keys...)
	}
	id := m.To.nodeID(t)
	m.To.Do(t, "CLUSTER", "SETSLOT", strconv.Itoa(m.Slot), "NODE", id)
	m.From.Do(t, "CLUSTER", "SETSLOT", strconv.Itoa(m.Slot), "NODE", id)
	for _, n := range m.cluster.Nodes {
		view := &Cluster{Nodes: append([]*Server{n}, m.cluster.Nodes...)}
		eventually(t, n.Addr()+" knows the slot's new node", func() bool { return view.Owner(t, m.Slot) == m.To })
	}
}
