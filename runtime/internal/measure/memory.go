package measure

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
)

// A Memory reads what the process uses and where its limit is. One goroutine
// owns it.
type Memory struct {
	samples []metrics.Sample
	limitMB float64
	idleMB  float64 // the last figure without a running task
}

const megabyte = 1 << 20

// LimitMB is the limit; 0: there is none.
func (m *Memory) LimitMB() float64 { return m.limitMB }

// NewMemory takes what is used now for what is used without tasks, until there
// is a better figure.
func NewMemory() *Memory {
	m := &Memory{
		samples: []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}},
		limitMB: limit("/proc/self/cgroup", "/sys/fs/cgroup"),
	}
	m.Read(0)
	return m
}

// Read measures now, while so many tasks run.
func (m *Memory) Read(running int) autoscaler.Memory {
	metrics.Read(m.samples)
	used := float64(m.samples[0].Value.Uint64()-m.samples[1].Value.Uint64()) / megabyte
	if running == 0 {
		m.idleMB = used
	}
	return autoscaler.Memory{UsedMB: used, IdleMB: m.idleMB, LimitMB: m.limitMB}
}

// heeded is the part of a cgroup's limit that Go's heap may grow to: the rest is for what
// Go does not count.
const heeded = 0.95

// Heed tells Go's garbage collector of the cgroup's limit, where GOMEMLIMIT says
// nothing: what has ended would count as used until long after that otherwise, and the
// system ends a process that is over its limit.
func Heed() {
	if n := debug.SetMemoryLimit(-1); n < noLimit {
		return
	}
	if mb := limit("/proc/self/cgroup", "/sys/fs/cgroup"); mb > 0 {
		debug.SetMemoryLimit(int64(heeded * mb * megabyte))
	}
}

// noLimit is from where on a number of bytes is none: cgroup v1 has a number for that.
const noLimit = 1 << 60

// limit is the lowest of GOMEMLIMIT and the limits of the process's cgroups, of version
// 2 and 1, and those above them, in MB; 0: there is none.
func limit(self, mount string) float64 {
	lowest := float64(noLimit)
	if n := debug.SetMemoryLimit(-1); n > 0 {
		lowest = float64(n)
	}
	unified, memory := cgroups(self)
	for _, h := range []struct{ group, file string }{
		{unified, "memory.max"}, {filepath.Join("/memory", memory), "memory.limit_in_bytes"},
	} {
		for group := h.group; ; group = filepath.Dir(group) {
			lowest = min(lowest, memoryMax(filepath.Join(mount, group, h.file)))
			if group == "/" {
				break
			}
		}
	}
	if lowest >= noLimit {
		return 0
	}
	return lowest / megabyte
}

// cgroups are the process's paths in the unified hierarchy and, of version 1, in that
// of memory; "/" if they are unknown.
func cgroups(self string) (unified, memory string) {
	text, _ := os.ReadFile(self) // not there on other systems
	unified, memory = "/", "/"
	for line := range strings.Lines(string(text)) {
		number, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, path, _ := strings.Cut(rest, ":")
		switch {
		case number == "0" && controllers == "":
			unified = filepath.Join("/", path)
		case slices.Contains(strings.Split(controllers, ","), "memory"):
			memory = filepath.Join("/", path)
		}
	}
	return unified, memory
}

// memoryMax reads a limit in bytes; "max", or no such file, is none.
func memoryMax(path string) float64 {
	text, _ := os.ReadFile(path)
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 63)
	if err != nil {
		return noLimit
	}
	return float64(n)
}
