package redistest

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
)

// slots is the number of a Cluster's hash slots.
const slots = 16384

// A Cluster is a Redis Cluster of masters without replicas.
type Cluster struct {
	Nodes []*Server // each has an equal share of the slots, in order
}

// StartCluster runs a Cluster until the test ends. It takes two to three
// seconds: that long Redis waits before it lets masters that have just found
// each other write.
func StartCluster(t testing.TB, masters int, args ...string) *Cluster {
	t.Helper()
	c := &Cluster{}
	for range masters {
		c.Nodes = append(c.Nodes, Start(t, append([]string{"--cluster-enabled", "yes"}, args...)...))
	}
	for i, n := range c.Nodes {
		n.Do(t, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		n.Do(t, addSlots(i*slots/masters, (i+1)*slots/masters)...)
		for _, other := range c.Nodes[:i] {
			n.Do(t, "CLUSTER", "MEET", loopback, strconv.Itoa(other.port))
		}
	}
	for _, n := range c.Nodes {
		eventually(t, fmt.Sprintf("the cluster is complete for %s", n.Addr()), func() bool { return n.clusterComplete(t, masters) })
	}
	return c
}

// addSlots takes the slots from first to before end. Redis 6.2 has no command
// for a range.
func addSlots(first, end int) []string {
	args := []string{"CLUSTER", "ADDSLOTS"}
	for slot := first; slot < end; slot++ {
		args = append(args, strconv.Itoa(slot))
	}
	return args
}

func (s *Server) clusterComplete(t testing.TB, nodes int) bool {
	info := s.Do(t, "CLUSTER", "INFO").Text
	return infoField(info, "cluster_state") == "ok" &&
		infoField(info, "cluster_known_nodes") == strconv.Itoa(nodes) &&
		strings.Count(s.Do(t, "CLUSTER", "NODES").Text, " connected") == nodes
}

// URL is redis+cluster:// with all nodes.
func (c *Cluster) URL() string { return "redis+cluster://" + strings.Join(c.Addrs(), ",") }

// Addrs are the addresses of all nodes.
func (c *Cluster) Addrs() []string {
	var addrs []string
	for _, n := range c.Nodes {
		addrs = append(addrs, n.Addr())
	}
	return addrs
}

// Slot is the hash slot of a key.
func (c *Cluster) Slot(t testing.TB, key string) int {
	t.Helper()
	slot, err := strconv.Atoi(c.Nodes[0].Do(t, "CLUSTER", "KEYSLOT", key).Text)
	if err != nil {
		t.Fatal(err)
	}
	return slot
}

// Owner is the node that holds a slot.
func (c *Cluster) Owner(t testing.TB, slot int) *Server {
	t.Helper()
	for _, r := range c.Nodes[0].Do(t, "CLUSTER", "SLOTS").Items {
		bounds := r.Strings()
		first, _ := strconv.Atoi(bounds[0])
		last, _ := strconv.Atoi(bounds[1])
		if slot >= first && slot <= last {
			return c.node(t, net.JoinHostPort(loopback, r.Items[2].Strings()[1]))
		}
	}
	t.Fatalf("no node holds slot %d", slot)
	return nil
}

func (c *Cluster) node(t testing.TB, addr string) *Server {
	t.Helper()
	for _, n := range c.Nodes {
		if n.Addr() == addr {
			return n
		}
	}
	t.Fatalf("no node at %s", addr)
	return nil
}

// Other is some node that does not hold a slot.
func (c *Cluster) Other(t testing.TB, slot int) *Server {
	t.Helper()
	owner := c.Owner(t, slot)
	for _, n := range c.Nodes {
		if n != owner {
			return n
		}
	}
	t.Fatal("the cluster has one node")
	return nil
}
