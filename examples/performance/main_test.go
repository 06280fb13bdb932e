package main

import (
	"bytes"
	"regexp"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPerformance(t *testing.T) {
	var out bytes.Buffer
	l := load{store: "mem://", light: 20, medium: 10, heavy: 5, lightSleep: time.Millisecond, mediumSleep: time.Millisecond, slots: 4}
	if err := run(t.Context(), l, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`enqueued 35 tasks in \S+`, `with 4 slots: \d+/s`, `main\.Light +20 +0 `, `main\.Medium +10 +0 `, `main\.Heavy +5 +0 `} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("nothing like %s in\n%s", want, out.String())
		}
	}
}

func TestNothingToDo(t *testing.T) {
	if err := run(t.Context(), load{store: "mem://", slots: 1}, t.Output()); err == nil {
		t.Error("a load of nothing is no error")
	}
}
