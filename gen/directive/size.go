package directive

import (
	"strconv"
	"strings"

	"github.com/tqgen/taskqueue/gen/diag"
)

// units of sizes; the longer ones come first.
var units = []struct {
	name string
	size int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
	{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}, {"", 1},
}

// The memory that a run may be said to take, in bytes, as in the runtime.
const (
	MinMemory = 1e6
	MaxMemory = 1 << 40
)

// ParseSize reads a number of bytes up to a limit: 64KiB, 400MB, 1000.
func ParseSize(text string, limit int64) (bytes int64, ok bool) {
	for _, u := range units {
		digits, has := strings.CutSuffix(text, u.name)
		if !has {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		return n * u.size, err == nil && n >= 1 && n <= limit/u.size
	}
	return 0, false
}

func (p *parser) memory(a arg) {
	n, ok := ParseSize(a.value, MaxMemory)
	if !ok || n < MinMemory {
		p.errs.Add(a.valueAt, diag.BadNumber, "use a size from 1MB to 1TiB with its unit, as in memory=400MB", "memory=%q: not a size from 1MB to 1TiB", a.value)
		return
	}
	p.Settings.Memory = &n
}
