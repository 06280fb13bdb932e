package main

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
)

// A machine is what a figure holds for.
type machine struct {
	CPU    string `json:"cpu"`
	CPUs   int    `json:"cpus"`
	System string `json:"system"`
	Load   string `json:"load,omitempty"` // of the last minute before the run
}

func thisMachine() machine {
	return machine{
		CPU:    cmp.Or(cpuModel(), runtime.GOARCH),
		CPUs:   runtime.NumCPU(),
		System: runtime.GOOS + "/" + runtime.GOARCH,
		Load:   load1(),
	}
}

// load1 is how many threads wanted to run; "" where the system does not say.
func load1() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	load, _, _ := strings.Cut(string(text), " ")
	return load
}

// cpuModel is "" where the system does not say.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// versions of all that takes part. Ours is the commit, where git knows it.
func versions(ctx context.Context, s *store) map[string]string {
	v := map[string]string{"go": runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if name, ok := strings.CutPrefix(d.Path, "github.com/hibiken/"); ok {
				v[name] = d.Version
			}
		}
	}
	if info, err := s.redis.InfoMap(ctx, "server").Result(); err == nil {
		v["redis"] = info["Server"]["redis_version"]
	}
	if commit, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output(); err == nil {
		v["taskqueue"] = strings.TrimSpace(string(commit))
	}
	return v
}
