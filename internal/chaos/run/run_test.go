package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqgen/taskqueue/internal/chaos"
	"github.com/tqgen/taskqueue/internal/redistest"
)

func TestMain(m *testing.M) {
	if chaos.IsActor() {
		os.Exit(chaos.Act())
	}
	os.Exit(redistest.Main(m))
}

// TestPlay plays the shortest scenario and reads the page.
func TestPlay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "figures", "faults.md")
	peers := filepath.Join(t.TempDir(), "asynq.json")
	if err := os.WriteFile(peers, []byte(`{"goexit-slot": {"Cell": "gone", "Rules": ["lost"], "Date": "2026-01-02"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := play(true, 0, "goexit-slot", 1, peers, path); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"chaos: 1 scenarios, 0 lost, 0 dead without cause, 0 unexpected duplicates, ",
		"| goexit-slot | Goexit in the only slot of a worker | 1 | 20 | 40 | 0 | 20 | 0 | 0 | 0 |",
		"| Goexit in a handler | gone; broken: lost (2026-01-02) | slot gone for 30 min | – | slot back at once | 0 lost",
		"- kill-workers (kill -9 of workers under load, each replaced at once): not asked for",
		"not run, see below",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}

func TestNothingPlayedIsNoSuccess(t *testing.T) {
	if err := play(true, 0, "no such scenario", 1, "", ""); err == nil {
		t.Error("a run without a scenario is a success")
	}
}
