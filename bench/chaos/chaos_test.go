package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/internal/chaos"
	"github.com/tqgen/taskqueue/internal/redistest"
)

func TestMain(m *testing.M) {
	if isActor() {
		os.Exit(act())
	}
	os.Exit(redistest.Main(m))
}

// TestSave adds to what is there.
func TestSave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "asynq.json")
	one, two := chaos.Peer{Cell: "one", Date: "2026-01-02"}, chaos.Peer{Cell: "two", Rules: []chaos.Rule{chaos.RuleLost}}
	for _, found := range []map[string]chaos.Peer{{"a": two, "b": two}, {"a": one}} {
		if err := save(found, path); err != nil {
			t.Fatal(err)
		}
	}
	got, err := chaos.ReadPeers(path)
	if diff := cmp.Diff(map[string]chaos.Peer{"a": one, "b": two}, got); diff != "" || err != nil {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}
}

// TestKnownFault: the checker reports what asynq is known for.
func TestKnownFault(t *testing.T) {
	if err := play(false, "goexit-slot", 1, ""); err != nil {
		t.Error(err)
	}
}

func TestNothingPlayedIsNoSuccess(t *testing.T) {
	if err := play(true, "no such scenario", 1, ""); err == nil {
		t.Error("a run without a scenario is a success")
	}
}
