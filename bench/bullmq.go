package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed bullmq.mjs
var bullmqProgram []byte

const bullmqVersion, ioredisVersion = "6.7.0", "5"

// measureBullMQ runs BullMQ on the same server, where Node and npm are installed: a
// program of its own, which says what it found as lines of a metric and a number.
func measureBullMQ(t *trial) error {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return skipped(tool + " is not installed: no BullMQ in this run")
		}
	}
	dir, err := os.MkdirTemp("", "bench-bullmq")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "bench.mjs"), bullmqProgram, 0o644); err != nil {
		return err
	}
	install := exec.CommandContext(t.ctx, "npm", "install", "--no-audit", "--no-fund", "--silent", "bullmq@"+bullmqVersion, "ioredis@"+ioredisVersion)
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		return skipped(fmt.Sprintf("npm cannot install BullMQ: %v: %.200s", err, out))
	}
	program := exec.CommandContext(t.ctx, "node", "bench.mjs", t.store.url(), strconv.Itoa(min(t.size.tasks, 20_000)), strconv.Itoa(payloadBytes))
	program.Dir, program.Stderr = dir, os.Stderr
	out, err := program.Output()
	if err != nil {
		return skipped(fmt.Sprintf("BullMQ's program failed: %v", err))
	}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		metric, value, _ := strings.Cut(lines.Text(), " ")
		if x, err := strconv.ParseFloat(value, 64); err == nil {
			t.samples.add(metric, "bullmq", x)
		}
	}
	return nil
}
