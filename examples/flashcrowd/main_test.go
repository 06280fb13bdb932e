package main

import (
	"bytes"
	"regexp"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var row = regexp.MustCompile(`(?m)^ *(\S+) +(\d+)/s +(\d+) +█* +(\d+)`)

// TestCrowd plays the scene in the time of a bubble: the workers come with the crowd,
// soon nobody waits for long, and they go when it goes.
func TestCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := scene{store: "mem://", calm: 10, crowd: 200, before: 10 * time.Second, peak: 20 * time.Second, after: time.Minute, takes: 200 * time.Millisecond}
		if err := run(t.Context(), s, &out); err != nil {
			t.Fatal(err)
		}
		t.Log("\n" + out.String())
		rows := row.FindAllStringSubmatch(out.String(), -1)
		if len(rows) != 90 {
			t.Fatalf("%d rows, not 90", len(rows))
		}
		calm, peak, last := number(t, rows[9][4]), 0, number(t, rows[89][4])
		for _, r := range rows[10:30] {
			peak = max(peak, number(t, r[4]))
		}
		// The crowd keeps 40 slots busy: eight workers. Afterwards a reserve stays.
		if calm > 3 || peak < 8 || last > peak/2 {
			t.Errorf("workers: %d in the calm, %d at the peak, %d at the end", calm, peak, last)
		}
		if waiting := number(t, rows[29][3]); waiting > 2*200 {
			t.Errorf("%d visits wait at the end of the crowd: more than two seconds of it", waiting)
		}
	})
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
