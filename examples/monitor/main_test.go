package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestMonitor: all slots are busy, no more waits than there is room for, producers
// are held back, and in the end all is drained.
func TestMonitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := scene{
			store: "mem://", producers: 8, slots: 4, room: 20,
			takes: 97 * time.Millisecond, patience: 50 * time.Millisecond, watch: 500 * time.Millisecond, lasts: 5 * time.Second,
		}
		if err := s.run(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		t.Log("\n" + out.String())
		rows := regexp.MustCompile(`active (\d+) of 4, waiting (\d+), done \d+; producers: (\d+) wait, (\d+) had to, (\d+) were refused; main.Step`).FindAllStringSubmatch(out.String(), -1)
		if len(rows) < 9 {
			t.Fatalf("%d rows tell of a full queue", len(rows))
		}
		if last := rows[len(rows)-1]; last[1] == "0" || last[4] == "0" || last[5] == "0" {
			t.Errorf("not busy, nobody held back or nobody refused: %s", last[0])
		}
		if !strings.Contains(out.String(), "drained: ") {
			t.Error("not drained")
		}
	})
}
