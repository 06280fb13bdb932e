package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// A manager installs packages. refresh, where there is one, updates its lists.
type manager struct {
	name     string
	refresh  []string
	install  []string
	packages []string // tried in this order
	user     bool     // runs without root
}

// managers, in the order in which they are looked for. Redis left some
// distributions for Valkey, which speaks the same protocol.
var managers = []manager{
	{name: "apt-get", refresh: []string{"update"}, install: []string{"install", "-y", "--no-install-recommends"}, packages: []string{"redis-server", "valkey-server"}},
	{name: "dnf", install: []string{"install", "-y"}, packages: []string{"redis", "valkey"}},
	{name: "yum", install: []string{"install", "-y"}, packages: []string{"redis", "valkey"}},
	{name: "apk", install: []string{"add", "--no-cache"}, packages: []string{"redis", "valkey"}},
	{name: "pacman", refresh: []string{"-Sy"}, install: []string{"-S", "--noconfirm"}, packages: []string{"valkey", "redis"}},
	{name: "zypper", install: []string{"--non-interactive", "install"}, packages: []string{"redis", "valkey"}},
	{name: "brew", install: []string{"install"}, packages: []string{"redis"}, user: true},
}

// prepareRedis finds a server for the tests, or installs one where it may. The
// result is a failure where there is none: the tests cannot say all they know.
func prepareRedis(ctx context.Context, out io.Writer) (string, result) {
	r, start := result{suite: "set-up"}, time.Now()
	path := findRedis()
	if path == "" {
		installRedis(ctx, out, os.Geteuid() == 0, os.Getenv("CI") == "true")
		path = findRedis()
	}
	if path == "" {
		fmt.Fprintln(out, "!!! no redis-server: install one, or set REDIS_SERVER to its path")
	} else {
		fmt.Fprintln(out, "redis server:", path)
	}
	r.add("no redis-server was found", path != "")
	r.elapsed = time.Since(start)
	return path, r
}

// findRedis is the path of REDIS_SERVER or, if that is not set, of the first
// server on PATH.
func findRedis() string {
	names := []string{"redis-server", "valkey-server"}
	if name := os.Getenv("REDIS_SERVER"); name != "" {
		names = []string{name}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// installRedis installs a server as root or, in CI, through sudo. Elsewhere it
// prints the command.
func installRedis(ctx context.Context, out io.Writer, root, ci bool) {
	m := findManager()
	if m == nil {
		return
	}
	prefix := m.sudo(root)
	if !root && !ci {
		fmt.Fprintf(out, "!!! the tests need a Redis server; to install one:\n\n    %s\n\n", m.command(prefix))
		return
	}
	if m.tryInstall(ctx, out, prefix) || len(m.refresh) == 0 {
		return
	}
	if runCommand(ctx, out, m.args(prefix, m.refresh...)) {
		m.tryInstall(ctx, out, prefix)
	}
}

func findManager() *manager {
	for i := range managers {
		if _, err := exec.LookPath(managers[i].name); err == nil {
			return &managers[i]
		}
	}
	return nil
}

// tryInstall installs the first package that the manager knows.
func (m *manager) tryInstall(ctx context.Context, out io.Writer, prefix []string) bool {
	for _, p := range m.packages {
		if runCommand(ctx, out, m.args(prefix, append(slices.Clip(m.install), p)...)) {
			return true
		}
	}
	return false
}

// command is what a person would type.
func (m *manager) command(prefix []string) string {
	var parts []string
	if len(m.refresh) > 0 {
		parts = append(parts, strings.Join(m.args(prefix, m.refresh...), " "))
	}
	install := m.args(prefix, m.install...)
	parts = append(parts, strings.Join(append(install, m.packages[0]), " "))
	return strings.Join(parts, " && ")
}

func (m *manager) args(prefix []string, args ...string) []string {
	return append(append(slices.Clip(prefix), m.name), args...)
}

func (m *manager) sudo(root bool) []string {
	if root || m.user {
		return nil
	}
	return []string{"sudo"}
}

func runCommand(ctx context.Context, out io.Writer, args []string) bool {
	fmt.Fprintln(out, "+", strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	cmd.Stdout, cmd.Stderr = out, out
	return cmd.Run() == nil
}
