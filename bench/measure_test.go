package main

import (
	"testing"
	"time"
)

// TestMeasure runs everything once, on so few tasks that no figure means
// anything: what it shows is that each scenario works on each system.
func TestMeasure(t *testing.T) {
	s, err := openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	p := plan{rounds: 1, size: size{tasks: 2000, singles: 100, latency: 200 * time.Millisecond, idle: 100 * time.Millisecond}}
	all, err := measure(t.Context(), s, p)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range figures(all) {
		found[f.title] = true
	}
	for _, m := range metrics {
		if !found[m.title] {
			t.Errorf("nothing measured for %q", m.title)
		}
	}
	if v := versions(t.Context(), s); v["asynq"] == "" || v["redis"] == "" {
		t.Errorf("versions %v", v)
	}
}
