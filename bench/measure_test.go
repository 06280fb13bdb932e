package main

import (
	"testing"
	"time"
)

// TestMeasure runs a quick round on so few tasks that no figure means anything:
// what it shows is that each scenario works.
func TestMeasure(t *testing.T) {
	s, err := openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	p := plan{rounds: 1, quick: true, size: size{tasks: 2000, singles: 100, latency: 200 * time.Millisecond, idle: 100 * time.Millisecond}}
	all, err := measure(t.Context(), s, p)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range figures(all) {
		found[f.title] = true
	}
	for _, m := range metrics {
		if !m.full && !found[m.title] {
			t.Errorf("nothing measured for %q", m.title)
		}
	}
	if v := versions(t.Context(), s); v["asynq"] == "" || v["redis"] == "" {
		t.Errorf("versions %v", v)
	}
}

// TestScenarios runs what a quick round leaves out, on our side.
func TestScenarios(t *testing.T) {
	s, err := openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	p := plan{size: size{tasks: 500, singles: 50, latency: 100 * time.Millisecond, idle: 50 * time.Millisecond, backlog: 10_000}}
	for _, sc := range scenarios {
		if !sc.slow || sc.name == "bullmq" || sc.name == "processes" { // those are other programs
			continue
		}
		t.Run(sc.name, func(t *testing.T) {
			found := samples{}
			if err := sc.measure(t.Context(), s, systems[0], p, found); err != nil {
				t.Fatal(err)
			}
			if len(found) == 0 {
				t.Error("nothing was measured")
			}
		})
	}
}

// TestPeers adds tasks to each peer and drains them.
func TestPeers(t *testing.T) {
	const n = 20
	s, err := openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for _, sys := range systems {
		t.Run(sys.name, func(t *testing.T) {
			if err := s.flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			q, err := sys.open(s.url())
			if err != nil {
				t.Fatal(err)
			}
			defer q.close()
			if err := load(t.Context(), q, n, payloadBytes); err != nil {
				t.Fatal(err)
			}
			if _, err := drain(t.Context(), q, n, workload{slots: 2}); err != nil {
				t.Error(err)
			}
		})
	}
}
