package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// webTests are the contract of the HTTP API, and the dashboard in a browser.
func webTests() []string {
	return []string{"go", "test", "-count=1", "-v", "-timeout=10m", "-run=^(TestContract|TestContractSees|TestBrowser)$", "./runtime/web", "./internal/webtest"}
}

// browserVariable tells the tests of the dashboard that there is a browser: then they
// do not pass without one.
const browserVariable = "TASKQUEUE_BROWSER=1"

// testWeb runs webTests and ends with their line of figures.
func testWeb(ctx context.Context, out io.Writer) error {
	prepareBrowser(ctx, out)
	args := webTests()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), browserVariable)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.MultiWriter(out, &output), out
	err := cmd.Run()
	figures := figuresOf(output.String())
	fmt.Fprintln(out, figures)
	if err != nil || !strings.HasSuffix(figures, " 0 console errors") {
		return errFailed
	}
	return nil
}

// figuresOf finds the line in which the test of the dashboard says what it saw.
func figuresOf(output string) string {
	for line := range strings.Lines(output) {
		if _, figures, ok := strings.Cut(line, ": web: "); ok {
			return "web: " + strings.TrimSpace(figures)
		}
	}
	return "web: the dashboard was not tested"
}

// installTime bounds how long a browser may take to be installed: it is large.
const installTime = 3 * time.Minute

// prepareBrowser finds a browser for the tests of the dashboard, or installs one where
// it may. Without one the rest is tested all the same, and it says so loudly.
func prepareBrowser(ctx context.Context, out io.Writer) (found bool) {
	if path := findBrowser(); path != "" {
		fmt.Fprintln(out, "browser:", path)
		return true
	}
	root, ci := os.Geteuid() == 0, os.Getenv("CI") == "true"
	if _, err := exec.LookPath("apt-get"); err == nil && (root || ci) {
		ctx, cancel := context.WithTimeout(ctx, installTime)
		defer cancel()
		m := manager{name: "apt-get", refresh: []string{"update"}, install: []string{"install", "-y", "--no-install-recommends"}, packages: []string{"chromium"}}
		prefix := m.sudo(root)
		if !m.tryInstall(ctx, out, prefix) && runCommand(ctx, out, m.args(prefix, m.refresh...)) {
			m.tryInstall(ctx, out, prefix)
		}
	}
	if path := findBrowser(); path != "" {
		fmt.Fprintln(out, "browser:", path)
		return true
	}
	fmt.Fprintln(out, "!!! no chromium: the dashboard is NOT TESTED in a browser; install chromium, and see make test-web")
	return false
}

func findBrowser() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
