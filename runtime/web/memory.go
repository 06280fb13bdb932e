package web

import (
	"runtime/metrics"
	"sync"
)

// A memory is what the Go runtime of this process says.
type memory struct {
	CurrentBytes     uint64   `json:"current_bytes"`     // held from the system
	PeakBytes        uint64   `json:"peak_bytes"`        // the most that this handler has seen
	TotalAllocations uint64   `json:"total_allocations"` // objects since the start
	ActiveTasks      int      `json:"active_tasks"`      // handlers that run
	MemoryEfficiency *float64 `json:"memory_efficiency"` // share of what is held that objects use
}

// A peak remembers the most memory that was seen.
type peak struct {
	mu   sync.Mutex
	most uint64
}

const (
	memoryTotal    = "/memory/classes/total:bytes"
	memoryReleased = "/memory/classes/heap/released:bytes"
	memoryObjects  = "/memory/classes/heap/objects:bytes"
	memoryAllocs   = "/gc/heap/allocs:objects"
)

// read asks the runtime, which does not have to stop for it.
func (p *peak) read() memory {
	s := []metrics.Sample{{Name: memoryTotal}, {Name: memoryReleased}, {Name: memoryObjects}, {Name: memoryAllocs}}
	metrics.Read(s)
	held := s[0].Value.Uint64() - s[1].Value.Uint64()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.most = max(p.most, held)
	return memory{
		CurrentBytes: held, PeakBytes: p.most, TotalAllocations: s[3].Value.Uint64(),
		MemoryEfficiency: share(int64(s[2].Value.Uint64()), int64(held)),
	}
}
