package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCountTests(t *testing.T) {
	events, err := os.Open("testdata/events.json")
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	var got result
	var out bytes.Buffer
	if err := countTests(events, &out, &got); err != nil {
		t.Fatal(err)
	}
	want := result{
		passed:   2,
		failed:   4,
		skipped:  []string{"m/ok TestSkipped: x_test.go:9: needs a terminal"},
		failures: []string{"m/bad TestBad", "m/bad TestBad/case", "m/broken", "m/hangs"},
	}
	// A failed subtest fails its parent; both are booked, the subtest first.
	want.failures[0], want.failures[1] = want.failures[1], want.failures[0]
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	for _, line := range []string{"ok   m/ok  3 tests  1.3s", "got 1, want 2", "undefined: missing", "panic: test timed out", "about to hang"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("the output lacks %q:\n%s", line, out.String())
		}
	}
	if strings.Contains(out.String(), "chatter") {
		t.Errorf("the output of a passed test is shown:\n%s", out.String())
	}
}

func TestCountTestsRefusesGarbage(t *testing.T) {
	var r result
	if err := countTests(strings.NewReader("not json"), &bytes.Buffer{}, &r); err == nil {
		t.Error("garbage was read as events")
	}
}
