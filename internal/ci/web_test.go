package main

import "testing"

func TestFigures(t *testing.T) {
	for output, want := range map[string]string{
		"=== RUN   TestBrowser\n    browser_test.go:251: web: 45 endpoints, 13 pages, 18 actions, 0 console errors\n--- PASS": "web: 45 endpoints, 13 pages, 18 actions, 0 console errors",
		"--- SKIP: TestBrowser (0.00s)\n": "web: the dashboard was not tested",
	} {
		if got := figuresOf(output); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
