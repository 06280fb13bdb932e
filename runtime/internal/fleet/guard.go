package fleet

import (
	"context"
	"math"
	"runtime/debug"
	"time"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/measure"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

const (
	megabyte    = 1 << 20
	guardEvery  = 100 * time.Millisecond
	guardShare  = 0.9              // of the limit, that tasks may fill
	returnEvery = 10 * time.Second // freed memory is returned at most
)

// A Guard keeps tasks from beginning that there is no memory for. The autoscaler
// sees to it that there are not too many slots; the guard looks more often, and is
// there without one, too.
type Guard struct {
	Engine Bounded
	Need   func() float64 // MB that a task takes whose kind does not say it; 0: nothing is known
}

// A Bounded runs tasks, and no more than there is room for. See [worker.Engine].
type Bounded interface {
	measure.Engine
	Ceiling(n int)
	Room(bytes int64)
}

// Run bounds the engine until ctx ends. Where the process has no limit it does
// nothing.
func (g *Guard) Run(ctx context.Context) {
	m := measure.NewMemory()
	if m.LimitMB() == 0 {
		return
	}
	ticker := time.NewTicker(guardEvery)
	defer ticker.Stop()
	var sample worker.Sample
	var returned time.Time
	var refused uint64
	for {
		g.Engine.Sample(&sample)
		used := m.Read(sample.Active)
		lacking := guardShare*used.LimitMB < used.UsedMB || sample.Refused > refused
		if lacking && time.Since(returned) > returnEvery {
			returned = time.Now()
			debug.FreeOSMemory() // garbage counts as long as it is here
			used = m.Read(sample.Active)
		}
		refused = sample.Refused
		reserved := float64(sample.Reserved) / megabyte
		g.Engine.Ceiling(ceiling(sample.Active, math.Max(used.UsedMB, used.IdleMB+reserved), used.IdleMB, used.LimitMB, g.Need()))
		g.Engine.Room(room(&used, reserved))
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// room is what tasks that say what they take may take together, in bytes: the rest
// has what else there is in the process.
func room(m *autoscaler.Memory, reservedMB float64) int64 {
	rest := math.Max(m.IdleMB, m.UsedMB-reservedMB)
	return int64(megabyte * math.Max(0, guardShare*m.LimitMB-rest))
}

// Most is how much memory a run may take in this process, in bytes; 0: there is no
// limit.
func Most() int64 {
	m := measure.NewMemory()
	if m.LimitMB() == 0 {
		return 0
	}
	used := m.Read(0)
	return max(1, room(&used, 0))
}

// ceiling is how many tasks may run at once, so many of which do, in MB of memory.
// What has just begun has not taken yet what it needs.
func ceiling(active int, used, idle, limit, need float64) int {
	room := guardShare*limit - math.Max(used, idle+need*float64(active))
	switch {
	case room <= 0:
		return active
	case need <= 0:
		return math.MaxInt
	}
	return active + int(math.Min(room/need, 1<<30))
}
