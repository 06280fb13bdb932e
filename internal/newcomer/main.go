package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
)

// pages are what a newcomer reads, in this order.
var pages = [...]string{"README.md", "docs/first-task.md"}

func main() {
	warm := flag.Bool("warm", false, "use this machine's module cache and build cache")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := begin(ctx, os.Stdout, ".", *warm)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "newcomer:", err)
		os.Exit(1)
	}
}

// begin follows the pages of a checkout in a folder that is gone afterwards.
func begin(ctx context.Context, out io.Writer, checkout string, warm bool) (err error) {
	temp, err := os.MkdirTemp("", "taskqueue-newcomer-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	proxy := filepath.Join(temp, "proxy")
	if err := serve(checkout, proxy); err != nil {
		return err
	}
	n := newcomer{out: &shared{out: out}}
	if n.env, err = environment(temp, proxy, warm); err != nil {
		return err
	}
	defer n.stop()
	for _, name := range pages {
		if n.dir, err = os.MkdirTemp(temp, "empty-"); err != nil {
			return err
		}
		if err := n.read(ctx, checkout, name); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "newcomer: %d steps ok\n", n.steps)
	return nil
}

func (n *newcomer) read(ctx context.Context, checkout, name string) error {
	text, err := os.ReadFile(filepath.Join(checkout, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	steps, err := read(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return n.follow(ctx, name, steps)
}

// environment is that of a machine which has Go, and has never built anything.
func environment(temp, proxy string, warm bool) ([]string, error) {
	list, err := proxies(proxy, warm)
	if err != nil {
		return nil, err
	}
	env := append(os.Environ(),
		"GOPROXY="+list, "GONOSUMDB="+modulePath, "GOPRIVATE=", "GONOPROXY=", "GOFLAGS=-modcacherw", "GOWORK=off",
		"GOMODCACHE="+filepath.Join(temp, "modules"), "GOBIN=", "GOTOOLCHAIN=local")
	if !warm {
		env = append(env, "GOCACHE="+filepath.Join(temp, "build"))
	}
	return env, nil
}

// A shared writer takes what several commands print at the same time.
type shared struct {
	mu  sync.Mutex
	out io.Writer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}
