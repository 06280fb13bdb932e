package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryPackageIsInOneSuite(t *testing.T) {
	packages := []string{
		module + "/cmd/tqgen", module + "/examples/digest", module + "/gen", module + "/internal/chaos", module + "/internal/ci",
		module + "/internal/housetest", module + "/internal/redistest", module + "/runtime", module + "/runtime/broker",
		module + "/runtime/internal/autoscaler/sim/contest",
	}
	var got []string
	for _, s := range suites(packages, []string{"-race"}) {
		for _, step := range s.steps {
			for _, arg := range step.args {
				if strings.HasPrefix(arg, module) {
					got = append(got, arg)
				}
			}
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(packages, got); diff != "" {
		t.Errorf("packages (-want +got):\n%s", diff)
	}
}

func TestLongFirst(t *testing.T) {
	got := longFirst([]string{module + "/gen/codec", module + "/gen", module + "/runtime", module + "/runtime/broker", module + "/runtime/broker/redisbroker"})
	want := []string{module + "/runtime/broker/redisbroker", module + "/runtime", module + "/gen", module + "/gen/codec", module + "/runtime/broker"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, p := range longest {
		if !exists("../../" + p) {
			t.Errorf("there is no %s", p)
		}
	}
}

func TestNoPackagesNoTests(t *testing.T) {
	for _, s := range suites([]string{module + "/runtime"}, nil) {
		if s.name == "end-to-end" && len(s.steps) > 0 {
			t.Errorf("%q has nothing to test, yet runs %q", s.name, s.steps[0].args)
		}
	}
}

func TestChoose(t *testing.T) {
	all := []suite{{name: "a"}, {name: "b"}}
	for _, tt := range []struct {
		names []string
		want  string
		err   string
	}{
		{nil, "a, b", ""},
		{[]string{"b"}, "b", ""},
		{[]string{"c"}, "", `no suite "c"; there are: a, b`},
	} {
		got, err := choose(all, tt.names)
		if suiteNames(got) != tt.want || tt.err != "" && (err == nil || err.Error() != tt.err) {
			t.Errorf("choose(%q) = %q, %v; want %q, %q", tt.names, suiteNames(got), err, tt.want, tt.err)
		}
	}
}

func TestEveryStepRuns(t *testing.T) {
	s := suite{"s", []step{
		{args: []string{"false"}},
		{args: []string{"no-such-command"}},
		{args: []string{"go", "test", "-json", "no/such/package"}, json: true},
		{args: []string{"true"}},
	}}
	var out bytes.Buffer
	r := s.run(t.Context(), &out, nil)
	if r.passed != 1 || r.failed != 3 {
		t.Errorf("%d passed, %d failed; want 1, 3\n%s", r.passed, r.failed, out.String())
	}
}

func TestSummarize(t *testing.T) {
	var out bytes.Buffer
	good := result{suite: "good", passed: 3, skipped: []string{"TestX: no terminal"}}
	if err := summarize(&out, []result{good}); err != nil {
		t.Errorf("no failure, yet: %v", err)
	}
	out.Reset()
	bad := result{suite: "bad", passed: 1, failed: 1, failures: []string{"TestY"}}
	if err := summarize(&out, []result{good, bad}); !errors.Is(err, errFailed) {
		t.Errorf("a failure is reported as %v", err)
	}
	for _, line := range []string{"!!! SKIPPED TestX: no terminal", "FAIL bad: TestY"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("the summary lacks %q:\n%s", line, out.String())
		}
	}
	if !strings.HasSuffix(out.String(), "\n4 passed, 1 failed\n") {
		t.Errorf("the total is not the last line:\n%s", out.String())
	}
}
