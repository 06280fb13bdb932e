package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// machine is what the figures hold for.
func machine() string {
	return fmt.Sprintf("%s, %d CPUs, %s/%s, %s, %s, taskqueue %s",
		cpu(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), server(),
		output("git", "describe", "--always"))
}

// cpu is the processor's name, where the system tells it.
func cpu() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// server is the name and version of the server that scenarios run.
func server() string {
	text := output(cmp.Or(os.Getenv("REDIS_SERVER"), "redis-server"), "--version")
	words := strings.Fields(text)
	if len(words) < 3 {
		return text
	}
	return words[0] + " " + strings.TrimPrefix(words[2], "v=")
}

func output(name string, args ...string) string {
	text, err := exec.Command(name, args...).Output()
	if err != nil {
		return "(unknown)"
	}
	return strings.TrimSpace(string(text))
}
