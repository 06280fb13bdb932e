package fleet

import (
	"context"
	"math"
	"runtime/debug"
	"time"

	"github.com/tqgen/taskqueue/runtime/internal/measure"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

const (
	megabyte    = 1 << 20
	guardEvery  = 100 * time.Millisecond
	guardShare  = 0.9              // of the limit, that tasks may fill
	returnEvery = 10 * time.Second // freed memory is returned at most
)

// guard keeps tasks from beginning that there is no memory for. The autoscaler
// sees to it that there are not too many slots; the guard looks more often.
func (p *Process) guard(ctx context.Context) {
	m := measure.NewMemory()
	if m.LimitMB() == 0 {
		return
	}
	ticker := time.NewTicker(guardEvery)
	defer ticker.Stop()
	var sample worker.Sample
	var returned time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		p.Engine.Sample(&sample)
		used := m.Read(sample.Active)
		room := used.LimitMB*guardShare - used.UsedMB
		if room < 0 && time.Since(returned) > returnEvery {
			returned = time.Now()
			debug.FreeOSMemory() // garbage counts as long as it is here
		}
		p.Engine.Ceiling(ceiling(sample.Active, used.UsedMB, used.IdleMB, used.LimitMB, float64(p.needMB.Load())/megabyte))
	}
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
