package model

import (
	"os"
	"testing"
	"time"
)

// bound keeps a search short; a soak has none.
func bound(t *testing.T, states int) int {
	t.Helper()
	if os.Getenv("TASKQUEUE_SOAK") != "" {
		return 0
	}
	return states
}

// TestProtocol: with all its rules the protocol keeps every promise.
func TestProtocol(t *testing.T) {
	for _, w := range Worlds() {
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			f := Search(w, bound(t, 120_000))
			t.Logf("%v (%v)", &f, time.Since(start).Round(time.Millisecond))
			if f.Breach != Kept {
				t.Errorf("an invariant is broken")
			}
		})
	}
}

// TestEachRuleIsNeeded: without any one of them a promise is broken.
func TestEachRuleIsNeeded(t *testing.T) {
	tests := []struct {
		name    string
		without Rule
		world   string
		want    Breach
	}{
		{"fence", Fence, "one task", Deceived},
		{"repeat", Repeat, "two tasks", Stuck},
		{"order", Order, "two tasks", Stuck},
		{"fence and held", Fence | Held, "one task", Twice},
		{"atomic", Atomic, "retry and release", Lost},
		{"listed", Listed, "one task", Stuck},
		{"lapsed", Lapsed, "one task", Again},
		{"loss", Loss, "one task", Spent},
		{"resend", Resend, "one task", Stuck},
		{"return", Return, "leaving", Lost},
		{"keep holders", KeepHolders, "one task", Stuck},
		{"number", Number, "one task", Twice},
		{"guarded", Guarded, "bulk", Twice},
		{"key", Key, "unique", Shared},
		{"own", Own, "ids", Itself},
		{"free", Free, "unique", Blocked},
		{"turn", Turn, "cron", Fired},
		{"mark", Mark, "cron", Missed},
		{"due", Due, "delayed", Early},
		{"prompt, an assumption", Prompt, "two tasks", Stuck},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := world(t, tt.world)
			w.Without = tt.without
			w.Blind = tt.without&Held != 0
			f := Search(w, 1_000_000)
			t.Logf("%v", &f)
			if f.Breach != tt.want {
				t.Errorf("the breach is %v, want %v", f.Breach, tt.want)
			}
		})
	}
}

func world(t *testing.T, name string) World {
	t.Helper()
	for _, w := range Worlds() {
		if w.Name == name {
			return w
		}
	}
	t.Fatalf("there is no world %q", name)
	return World{}
}
