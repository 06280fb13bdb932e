package main

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"
)

func TestLastLine(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-traces", "trickle_pod", "-peers", "kpa,static-mean", "-seeds", "1"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	want := regexp.MustCompile(`^taskqueue score \d+\.\d\d cost \d+\.\d\d late \d+\.\d\d; best peer \S+ score \d+\.\d\d$`)
	if last := lines[len(lines)-1]; !want.MatchString(last) {
		t.Errorf("the last line is %q", last)
	}
}

func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{{"-traces", "nothing"}, {"-peers", "nobody"}, {"-seeds", "one"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
}
