package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

var errFailed = errors.New("something failed")

// summarize prints what was skipped, what failed, the table of suites and the
// total; the error is errFailed where something failed.
func summarize(out io.Writer, results []result) error {
	passed, failed := 0, 0
	fmt.Fprintln(out, "\n=== summary")
	for _, r := range results {
		passed, failed = passed+r.passed, failed+r.failed
		for _, s := range r.skipped {
			fmt.Fprintln(out, "!!! SKIPPED", s)
		}
		for _, f := range r.failures {
			fmt.Fprintf(out, "FAIL %s: %s\n", r.suite, f)
		}
	}
	table(out, results)
	fmt.Fprintf(out, "%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		return errFailed
	}
	return nil
}

func table(out io.Writer, results []result) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "suite\tresult\tpassed\tfailed\tskipped\tseconds")
	for _, r := range results {
		verdict := "pass"
		if r.failed > 0 {
			verdict = "FAIL"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%.1f\n", r.suite, verdict, r.passed, r.failed, len(r.skipped), r.elapsed.Round(100*time.Millisecond).Seconds())
	}
	w.Flush()
}
