package measure

import (
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
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

// limit is the lowest of GOMEMLIMIT and the memory.max of the process's cgroup
// and those above it, in MB; 0: there is none.
func limit(self, mount string) float64 {
	lowest := float64(math.MaxInt64)
	if n := debug.SetMemoryLimit(-1); n > 0 {
		lowest = float64(n)
	}
	for group := cgroup(self); ; group = filepath.Dir(group) {
		lowest = min(lowest, memoryMax(filepath.Join(mount, group, "memory.max")))
		if group == "/" {
			break
		}
	}
	if lowest >= math.MaxInt64 {
		return 0
	}
	return lowest / megabyte
}

// cgroup is the process's path in the unified hierarchy, "/" if it is unknown.
func cgroup(self string) string {
	text, _ := os.ReadFile(self) // not there on other systems
	for line := range strings.Lines(string(text)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return filepath.Join("/", path)
		}
	}
	return "/"
}

// memoryMax reads a limit in bytes; "max", or no such file, is none.
func memoryMax(path string) float64 {
	text, _ := os.ReadFile(path)
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 63)
	if err != nil {
		return math.MaxInt64
	}
	return float64(n)
}
