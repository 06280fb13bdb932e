package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// measureProcesses drains with one worker process and with more. On few cores they
// cannot be faster than one that has kept them busy; what shows is what it costs to
// share a queue.
func measureProcesses(t *trial) error {
	n := t.size.tasks
	if t.system.name != systems[0].name {
		n = min(n, 20_000)
	}
	for count := 1; count <= 4; count++ {
		if err := t.store.redis.FlushAll(t.ctx).Err(); err != nil {
			return err
		}
		if err := load(t.ctx, t.queue, n, payloadBytes); err != nil {
			return err
		}
		if err := t.drainBy(count, n); err != nil {
			return err
		}
	}
	return nil
}

// A child is another process of this program that works, and tells how much.
type child struct {
	command *exec.Cmd
	stdin   io.WriteCloser
	lines   *bufio.Scanner
}

func (t *trial) drainBy(count, n int) error {
	var children []*child
	defer func() {
		for _, c := range children {
			_ = c.command.Process.Kill()
			_ = c.command.Wait()
		}
	}()
	for range count {
		c, err := startChild(t.ctx, t.system.name, t.url)
		if err != nil {
			return err
		}
		children = append(children, c)
	}
	ctx, stop := context.WithTimeout(t.ctx, 5*time.Minute)
	defer stop()
	var left atomic.Int64
	left.Store(int64(n))
	start := time.Now()
	done := make(chan time.Duration, 1)
	for _, c := range children {
		if _, err := io.WriteString(c.stdin, "go\n"); err != nil {
			return err
		}
		go c.follow(&left, func() { done <- time.Since(start) })
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case elapsed := <-done:
		t.add(fmt.Sprintf("processes_%d_per_s", count), float64(n)/elapsed.Seconds())
	}
	if memory := residentMB(children[0].command.Process.Pid); count == 1 && memory > 0 {
		t.add("worker_rss_mb", memory)
	}
	return nil
}

func startChild(ctx context.Context, system, url string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{command: exec.CommandContext(ctx, self, workCommand, system, url)}
	c.command.Stderr = os.Stderr
	if c.stdin, err = c.command.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := c.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.lines = bufio.NewScanner(stdout)
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	if !c.lines.Scan() {
		return nil, errors.New("a worker process did not start")
	}
	return c, nil
}

// follow takes off what a child has done.
func (c *child) follow(left *atomic.Int64, over func()) {
	for c.lines.Scan() {
		n, _ := strconv.ParseInt(c.lines.Text(), 10, 64)
		if now := left.Add(-n); now <= 0 && now+n > 0 {
			over()
		}
	}
}

// workCommand makes this program a child: it waits for a line, then works and writes
// how many runs there were since the last line.
const workCommand = "work"

func workAsChild(ctx context.Context, args []string) error {
	i := slices.IndexFunc(systems, func(s system) bool { return len(args) == 2 && s.name == args[0] })
	if i < 0 {
		return fmt.Errorf("usage: %s SYSTEM URL", workCommand)
	}
	q, err := systems[i].open(args[1])
	if err != nil {
		return err
	}
	defer q.close()
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	var ran atomic.Int64
	go func() {
		for range time.Tick(2 * time.Millisecond) {
			if n := ran.Swap(0); n > 0 {
				fmt.Println(n)
			}
		}
	}()
	return q.work(ctx, workload{slots: 10}, func([]byte) { ran.Add(1) })
}

// residentMB is the most memory that a process had at once; 0 where the system does
// not say.
func residentMB(pid int) float64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kb, _ := strconv.ParseFloat(fields[0], 64)
	return kb / 1024
}
