package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// An event is a line of `go test -json` (see `go doc test2json`).
type event struct {
	Action     string
	Package    string
	ImportPath string // build-output, build-fail
	Test       string
	Output     string
	Elapsed    float64
}

// A tally follows the tests of one `go test -json`.
type tally struct {
	out    io.Writer
	result *result
	output map[string][]string // by test, or by package
	tests  map[string]int      // ended ones, by package
	failed map[string]bool     // packages with a failed test
}

// countTests reads the events of one run: a line for each package, the output
// of what failed, every test booked in r.
func countTests(events io.Reader, out io.Writer, r *result) error {
	t := &tally{out, r, map[string][]string{}, map[string]int{}, map[string]bool{}}
	d := json.NewDecoder(events)
	for {
		var e event
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading the events of go test: %w", err)
		}
		t.take(e)
	}
}

func (t *tally) take(e event) {
	switch e.Action {
	case "output":
		t.output[e.name()] = append(t.output[e.name()], e.Output)
	case "build-output":
		fmt.Fprint(t.out, e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.endPackage(e)
		} else {
			t.endTest(e)
		}
	}
}

func (t *tally) endTest(e event) {
	t.tests[e.Package]++
	switch e.Action {
	case "skip":
		t.result.skipped = append(t.result.skipped, e.name()+": "+skipReason(t.output[e.name()]))
	case "fail":
		t.failed[e.Package] = true
		t.print(e.name())
		fallthrough
	default:
		t.result.add(e.name(), e.Action == "pass")
	}
	delete(t.output, e.name())
}

// endPackage books a package that failed without a failed test: it did not
// build, or died.
func (t *tally) endPackage(e event) {
	if e.Action == "fail" && !t.failed[e.Package] {
		for name := range t.output {
			if strings.HasPrefix(name, e.Package+" ") { // tests that never ended
				t.print(name)
			}
		}
		t.print(e.name())
		t.result.add(e.name(), false)
	}
	if n := t.tests[e.Package]; n > 0 || e.Action == "fail" {
		verdict := map[string]string{"pass": "ok  ", "fail": "FAIL", "skip": "skip"}[e.Action]
		fmt.Fprintf(t.out, "%s %s  %d tests  %v\n", verdict, e.Package, n, seconds(e.Elapsed))
	}
}

func (t *tally) print(name string) {
	for _, line := range t.output[name] {
		fmt.Fprint(t.out, line)
	}
}

// name is the package and, if there is one, the test.
func (e event) name() string {
	if e.Test == "" {
		return e.Package
	}
	return e.Package + " " + e.Test
}

// skipReason is what a skipped test said: its output without go test's frame.
func skipReason(output []string) string {
	var lines []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}

func seconds(s float64) time.Duration {
	return (time.Duration(s * float64(time.Second))).Round(100 * time.Millisecond)
}
