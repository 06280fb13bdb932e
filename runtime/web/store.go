package web

import (
	"net/http"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

type storeReply struct {
	Servers   []serverView `json:"servers"`    // none: the store is the memory of a process
	LatencyMS float64      `json:"latency_ms"` // of one question about all queues
	Queues    int          `json:"queues"`
	Tasks     int64        `json:"tasks"` // that it holds: pending, scheduled, active and dead
	stamp
}

// A serverView is what a server says of itself.
type serverView struct {
	Address       string     `json:"address"`
	Software      string     `json:"software"`
	UptimeSeconds float64    `json:"uptime_seconds"`
	UsedBytes     int64      `json:"used_bytes"`
	MaxBytes      int64      `json:"max_bytes"`     // 0: no limit is set
	Fragmentation *float64   `json:"fragmentation"` // memory that it holds, to memory that it uses
	Clients       int64      `json:"clients"`
	PerSecond     float64    `json:"commands_per_second"`
	Replicas      int64      `json:"replicas"`
	Appends       bool       `json:"append_only_file"`
	SavedAt       *time.Time `json:"saved_at"` // its last snapshot
	Findings      []string   `json:"findings"` // what is dangerous, and what to do
}

func viewServer(s *taskqueue.Server) serverView {
	v := serverView{
		Address: s.Address, Software: s.Software, UptimeSeconds: s.Uptime.Seconds(), UsedBytes: s.Used, MaxBytes: s.Max,
		Clients: s.Clients, PerSecond: s.PerSecond, Replicas: s.Replicas, Appends: s.Appends, SavedAt: instant(s.Saved),
		Findings: append([]string{}, s.Findings...),
	}
	if s.Share > 0 {
		v.Fragmentation = &s.Share
	}
	return v
}

func (h *handler) store(r *http.Request) (any, error) {
	start := time.Now()
	queues, err := h.client.Queues(r.Context())
	if err != nil {
		return nil, err
	}
	reply := storeReply{LatencyMS: milliseconds(time.Since(start)), Queues: len(queues), Servers: []serverView{}}
	for i := range queues {
		q := &queues[i]
		reply.Tasks += q.Pending + q.Scheduled + q.Parked + q.Active + q.Dead
	}
	servers, err := h.client.Servers(r.Context())
	for i := range servers {
		reply.Servers = append(reply.Servers, viewServer(&servers[i]))
	}
	reply.stamp = now()
	return reply, err
}
