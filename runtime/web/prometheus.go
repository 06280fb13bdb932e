package web

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// exposition is the text format of Prometheus, version 0.0.4. Queues are bounded by
// maxLabels, those beyond count as "other:"; kinds are bounded by taskqueue.MaxSeries. What begins with
// taskqueue_fleet_ is about all processes: from each of them, one is enough.
type exposition struct{ w io.Writer }

// head begins a metric.
func (x exposition) head(name, kind, help string) {
	fmt.Fprintf(x.w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// sample writes one value; labels are pairs of a name and a value.
func (x exposition) sample(name string, value float64, labels ...string) {
	var b strings.Builder
	b.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		b.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		b.WriteString(labels[i] + `="` + escapeLabel(labels[i+1]) + `"`)
	}
	if len(labels) > 0 {
		b.WriteByte('}')
	}
	fmt.Fprintf(x.w, "%s %s\n", b.String(), strconv.FormatFloat(value, 'g', -1, 64))
}

// escapeLabel escapes what ends or continues a label's value.
func escapeLabel(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(s, "\uFFFD"))
}

// The edges of the buckets in powers of two of nanoseconds: 16 µs to 73 minutes.
const firstPower, lastPower, powerStep = 14, 42, 2

func (x exposition) histogram(name string, d *taskqueue.Durations, labels ...string) {
	with := func(le string) []string { return append(slices.Clip(labels), "le", le) }
	for power := firstPower; power <= lastPower; power += powerStep {
		le := strconv.FormatFloat(math.Ldexp(1, power)/1e9, 'g', -1, 64)
		x.sample(name+"_bucket", float64(d.Below(power)), with(le)...)
	}
	x.sample(name+"_bucket", float64(d.Count), with("+Inf")...)
	x.sample(name+"_sum", d.Sum.Seconds(), labels...)
	x.sample(name+"_count", float64(d.Count), labels...)
}

// A family is a metric that each queue has.
type family struct {
	name, kind, help string
	of               func(*taskqueue.QueueInfo) int64
}

func queueFamilies() []family {
	return []family{
		{"taskqueue_tasks_pending", "gauge", "Tasks that wait for a worker.", pending},
		{"taskqueue_tasks_scheduled", "gauge", "Tasks that wait for their time.", func(q *taskqueue.QueueInfo) int64 { return q.Scheduled }},
		{"taskqueue_tasks_parked", "gauge", "Tasks that wait for a worker that knows their kind.", func(q *taskqueue.QueueInfo) int64 { return q.Parked }},
		{"taskqueue_tasks_active", "gauge", "Tasks that workers hold.", func(q *taskqueue.QueueInfo) int64 { return q.Active }},
		{"taskqueue_tasks_dead", "gauge", "Dead letters.", func(q *taskqueue.QueueInfo) int64 { return q.Dead }},
		{"taskqueue_queue_sessions", "gauge", "Workers at the queue.", func(q *taskqueue.QueueInfo) int64 { return q.Sessions }},
		{"taskqueue_queue_paused", "gauge", "1 if the queue is paused.", func(q *taskqueue.QueueInfo) int64 { return truth(q.Settings.Paused) }},
		{"taskqueue_tasks_enqueued_total", "counter", "Tasks that got in.", func(q *taskqueue.QueueInfo) int64 { return q.Enqueued }},
		{"taskqueue_tasks_done_total", "counter", "Tasks that were done.", done},
		{"taskqueue_tasks_retried_total", "counter", "Runs that failed and were retried.", func(q *taskqueue.QueueInfo) int64 { return q.Retried }},
		{"taskqueue_tasks_released_total", "counter", "Runs that were given back without a failure.", func(q *taskqueue.QueueInfo) int64 { return q.Released }},
		{"taskqueue_tasks_died_total", "counter", "Tasks that became dead letters.", func(q *taskqueue.QueueInfo) int64 { return q.Died }},
		{"taskqueue_tasks_discarded_total", "counter", "Tasks that were dropped or cancelled.", func(q *taskqueue.QueueInfo) int64 { return q.Discarded }},
		{"taskqueue_tasks_lost_total", "counter", "Runs whose worker vanished.", func(q *taskqueue.QueueInfo) int64 { return q.Lost }},
		{"taskqueue_tasks_deleted_total", "counter", "Tasks that were deleted or purged.", func(q *taskqueue.QueueInfo) int64 { return q.Deleted }},
	}
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// runs writes what workers measured; a prefix and a few words tell which.
func (x exposition) runs(prefix, whose string, kinds []taskqueue.KindMetrics) {
	x.head(prefix+"_runs_total", "counter", "Runs "+whose+" by how they ended.")
	for i := range kinds {
		k := &kinds[i]
		for _, o := range []struct {
			outcome string
			n       int64
		}{{"done", k.Done}, {"retried", k.Retried}, {"dead", k.Dead}, {"discarded", k.Discarded}, {"released", k.Released}} {
			x.sample(prefix+"_runs_total", float64(o.n), "queue", k.Queue, "kind", k.Kind, "outcome", o.outcome)
		}
	}
	for _, f := range []struct {
		name, help string
		of         func(*taskqueue.KindMetrics) *taskqueue.Durations
	}{
		{"_wait_seconds", "From when a task could run until it did, " + whose + ".", waitTimes},
		{"_run_seconds", "How long handlers took, " + whose + ".", runTimes},
		{"_total_seconds", "Wait and run together, " + whose + ".", func(k *taskqueue.KindMetrics) *taskqueue.Durations { return k.Total }},
	} {
		x.head(prefix+f.name, "histogram", f.help)
		for i := range kinds {
			x.histogram(prefix+f.name, f.of(&kinds[i]), "queue", kinds[i].Queue, "kind", kinds[i].Kind)
		}
	}
}

func (x exposition) write(v *look, queues []taskqueue.QueueInfo) {
	for _, f := range queueFamilies() {
		x.head(f.name, f.kind, f.help)
		for i := range queues {
			x.sample(f.name, float64(f.of(&queues[i])), "queue", queues[i].Queue)
		}
	}
	slots, busy := v.slots()
	x.head("taskqueue_worker_slots", "gauge", "Handlers of this process that may run at once.")
	x.sample("taskqueue_worker_slots", float64(slots))
	x.head("taskqueue_worker_busy", "gauge", "Handlers of this process that run.")
	x.sample("taskqueue_worker_busy", float64(busy))
	slots, busy = v.fleetSlots()
	x.head("taskqueue_fleet_workers", "gauge", "Workers of all processes.")
	x.sample("taskqueue_fleet_workers", float64(len(v.announced)))
	x.head("taskqueue_fleet_slots", "gauge", "Handlers of all processes that may run at once.")
	x.sample("taskqueue_fleet_slots", float64(slots))
	x.head("taskqueue_fleet_busy", "gauge", "Handlers of all processes that run.")
	x.sample("taskqueue_fleet_busy", float64(busy))
	x.head("taskqueue_uptime_seconds", "gauge", "Since this process serves.")
	x.sample("taskqueue_uptime_seconds", v.uptime.Round(time.Millisecond).Seconds())
	if own := v.ownKinds(); len(own) > 0 {
		x.runs("taskqueue", "of this process", own)
	}
	if len(v.kinds) > 0 {
		x.runs("taskqueue_fleet", "of all processes", v.kinds)
	}
}

// prometheus serves everything that is counted.
func (h *handler) prometheus(w http.ResponseWriter, r *http.Request) {
	if _, err := h.guard.admit(r, View); err != nil {
		h.refuse(w, r, err)
		return
	}
	v, err := h.look(r.Context())
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	fleets, err := h.client.Fleets(r.Context())
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	exposition{w}.write(v, h.labels.of(v.queues))
	exposition{w}.scales(fleets)
}
