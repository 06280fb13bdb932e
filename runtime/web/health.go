package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// storeTimeout is how long a store may take to be called healthy.
const storeTimeout = 3 * time.Second

const (
	healthy   = "healthy"
	unhealthy = "unhealthy"
	warning   = "warning"
	stopped   = "stopped"
)

type healthReply struct {
	Status     string     `json:"status"` // healthy, or unhealthy: then the answer is a 503
	Components components `json:"components"`
	stamp
}

// components keep the seed's names.
type components struct {
	Redis     component `json:"redis"`     // the store, whichever it is
	Workers   component `json:"workers"`   // those of this process; without any, those of others: a warning if there are none
	Scheduler component `json:"scheduler"` // healthy while some worker, here or elsewhere, promotes what is due
}

type component struct {
	Status  string `json:"status"` // healthy, unhealthy, warning or stopped
	Message string `json:"message"`
}

func (r healthReply) status() int {
	if r.Status == healthy {
		return http.StatusOK
	}
	return http.StatusServiceUnavailable
}

func (h *handler) health(r *http.Request) (any, error) { return h.check(r.Context()), nil }

// check asks the store and each worker.
func (h *handler) check(ctx context.Context) healthReply {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	start := time.Now()
	_, err := h.client.Queues(ctx, taskqueue.Default) // one is enough, however many there are
	latency := time.Since(start)
	v := h.lookInside(ctx)
	if err == nil {
		v.announced, err = h.client.Workers(ctx)
	}
	c := components{Redis: component{healthy, fmt.Sprintf("answers in %v", latency.Round(10*time.Microsecond))}, Workers: v.workersHealth(), Scheduler: v.schedulerHealth()}
	if err != nil {
		h.Logger.WarnContext(ctx, "the store is unhealthy", "error", err)
		c.Redis = component{unhealthy, "does not answer"}
	}
	reply := healthReply{Status: healthy, Components: c, stamp: now()}
	if c.Redis.Status == unhealthy || c.Workers.Status == unhealthy {
		reply.Status = unhealthy
	}
	return reply
}

func (v *look) workersHealth() component {
	if len(v.workers) == 0 {
		if n := len(v.announced); n > 0 {
			return component{healthy, fmt.Sprintf("none here; %d in other processes", n)}
		}
		return component{warning, "no worker lives"}
	}
	for _, w := range v.workers {
		if !w.health.OK() {
			return component{unhealthy, w.Name() + " " + w.trouble()}
		}
	}
	return component{healthy, fmt.Sprintf("%d running", len(v.workers))}
}

// trouble is why a worker is not OK.
func (w *workerState) trouble() string {
	switch {
	case w.health.Draining:
		return "is shutting down"
	case !w.health.Running:
		return "does not run"
	case w.health.Stuck:
		return "is stuck: every slot is held by a handler whose time is up"
	}
	return "does not reach the store"
}

func (v *look) schedulerHealth() component {
	for _, w := range v.workers {
		if w.health.OK() {
			return component{healthy, "workers of this process promote what is due"}
		}
	}
	if v.others() > 0 {
		return component{healthy, "workers of other processes promote what is due"}
	}
	return component{stopped, "no worker promotes what is due"}
}

// others is how many workers of other processes live.
func (v *look) others() (n int) {
	for i := range v.announced {
		if !slices.ContainsFunc(v.workers, func(own workerState) bool { return own.Name() == v.announced[i].Name }) {
			n++
		}
	}
	return n
}

type statusReply struct {
	Health  systemHealth  `json:"health"`
	Workers workersStatus `json:"workers"`
	stamp
	code int
}

func (r statusReply) status() int { return r.code }

type systemHealth struct {
	Status             string  `json:"status"` // Healthy, Warning or Critical
	MemoryUsageMB      float64 `json:"memory_usage_mb"`
	UptimeSeconds      float64 `json:"uptime_seconds"`
	ActiveAlertCount   int     `json:"active_alert_count"`
	CriticalAlertCount int     `json:"critical_alert_count"`
}

type workersStatus struct {
	ActiveCount  int  `json:"active_count"`  // workers of this process that run
	ShuttingDown bool `json:"shutting_down"` // one of them is
}

func (h *handler) statusPage(r *http.Request) (any, error) {
	health := h.check(r.Context())
	ctx, cancel := context.WithTimeout(r.Context(), storeTimeout)
	defer cancel()
	v, _ := h.look(ctx) // without the store it is about this process
	return statusReply{h.systemHealth(v, health), v.workersStatus(), now(), health.status()}, nil
}

func (h *handler) systemHealth(v *look, health healthReply) systemHealth {
	alerts := h.alertsOf(v)
	s := systemHealth{
		Status: "Healthy", MemoryUsageMB: float64(v.memory.CurrentBytes) / (1 << 20), UptimeSeconds: v.uptime.Seconds(),
		ActiveAlertCount: len(alerts), CriticalAlertCount: criticals(alerts),
	}
	switch {
	case health.Status == unhealthy || s.CriticalAlertCount > 0:
		s.Status = "Critical"
	case s.ActiveAlertCount > 0 || health.Components.Workers.Status == warning:
		s.Status = "Warning"
	}
	return s
}

func (v *look) workersStatus() (s workersStatus) {
	for _, w := range v.workers {
		if w.health.Running {
			s.ActiveCount++
		}
		s.ShuttingDown = s.ShuttingDown || w.health.Draining
	}
	return s
}
