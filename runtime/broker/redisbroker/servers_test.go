package redisbroker_test

import (
	"strings"
	"testing"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker/redisbroker"
)

// What a server says of itself is told, with what is dangerous about it.
func TestServers(t *testing.T) {
	s := redistest.Start(t, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru", "--appendonly", "no")
	store, err := redisbroker.Open(t.Context(), s.URL(), redisbroker.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	all, err := store.Servers(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("%d servers, %v", len(all), err)
	}
	one := all[0]
	if one.Max != 100<<20 || one.Used <= 0 || one.Clients < 1 || one.Evicts != "allkeys-lru" || one.Appends || one.Latency <= 0 || !strings.Contains(one.Software, " ") {
		t.Errorf("%+v", one)
	}
	if len(one.Findings) != 2 {
		t.Errorf("findings: %q", one.Findings)
	}
	s.Do(t, "CONFIG", "SET", "maxmemory", "0")
	s.Do(t, "CONFIG", "SET", "appendonly", "yes")
	if all, err = store.Servers(t.Context()); err != nil || len(all[0].Findings) != 0 {
		t.Errorf("mended: %+v, %v", all, err)
	}
	// Until its first file is written the server refuses to end.
	for s.Info(t, "persistence", "aof_rewrite_in_progress") != "0" || s.Info(t, "persistence", "aof_rewrite_scheduled") != "0" {
	}
}

// Of a Cluster each master is told by its own address.
func TestServersOfACluster(t *testing.T) {
	store, err := redisbroker.Open(t.Context(), redistest.StartCluster(t, 3).URL(), redisbroker.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	all, err := store.Servers(t.Context())
	addresses := map[string]bool{}
	for _, s := range all {
		addresses[s.Address] = true
	}
	if err != nil || len(addresses) != 3 || addresses[""] {
		t.Errorf("%v, %v", addresses, err)
	}
}
