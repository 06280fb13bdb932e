package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A newcomer follows steps.
type newcomer struct {
	out     io.Writer
	dir     string // where the last cd led
	env     []string
	printed string // by the last command
	left    []*exec.Cmd
	steps   int // that are done
}

// follow does the steps of a page in their order.
func (n *newcomer) follow(ctx context.Context, name string, steps []step) error {
	for _, s := range steps {
		if err := n.take(ctx, s); err != nil {
			return fmt.Errorf("%s:%d: %w", name, s.line, err)
		}
		n.steps++
	}
	return nil
}

func (n *newcomer) take(ctx context.Context, s step) error {
	switch s.do {
	case write:
		fmt.Fprintf(n.out, "+ edit %s\n", s.file)
		path := filepath.Join(n.dir, filepath.FromSlash(s.file))
		return errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(s.text), 0o644))
	case expect:
		if !pattern(s.text).MatchString(n.printed) {
			return fmt.Errorf("nothing like this was printed: %s\nbut:\n%s", s.text, n.printed)
		}
		return nil
	}
	fmt.Fprintf(n.out, "$ %s\n", s.text)
	if dir, is := strings.CutPrefix(s.text, "cd "); is {
		n.dir = filepath.Join(n.dir, dir)
		_, err := os.Stat(n.dir)
		return err
	}
	return n.command(ctx, s)
}

// command types a line.
func (n *newcomer) command(ctx context.Context, s step) error {
	cmd := exec.CommandContext(ctx, "sh", "-c", s.text)
	cmd.Dir, cmd.Env = n.dir, n.env
	// A group of its own, so that what go run started ends with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if s.do == leave {
		cmd.Stdout, cmd.Stderr = n.out, n.out
		n.left = append(n.left, cmd)
		return cmd.Start()
	}
	var printed bytes.Buffer
	cmd.Stdout = io.MultiWriter(&printed, n.out)
	cmd.Stderr = cmd.Stdout
	err := cmd.Run()
	n.printed = printed.String()
	if s.do == fail {
		if err == nil {
			return fmt.Errorf("it works, and the page says it fails: %s", s.text)
		}
		return nil
	}
	return err
}

// stop ends what was left running.
func (n *newcomer) stop() {
	for _, cmd := range n.left {
		_ = cmd.Cancel() // it may have ended by itself
		_ = cmd.Wait()
	}
}
