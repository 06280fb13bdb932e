package web

import (
	"net/http"
	"time"
)

// An endpoint answers requests with JSON.
type endpoint struct {
	method, path string
	action       Action
	does         string // for the OpenAPI document
	answer       func(h *handler, r *http.Request) (any, error)
	reply        any      // a zero value of what answer returns
	body         any      // a zero value of what it reads; nil: nothing
	query        []string // parameters
	unwell       bool     // whether it may answer 503 with its usual body
}

// A stamp is when an answer was true.
type stamp struct {
	Timestamp time.Time `json:"timestamp"`
}

func now() stamp { return stamp{time.Now().UTC()} }

// endpoints are those that are enabled.
func (h *handler) endpoints() []endpoint {
	var all []endpoint
	if !h.NoHealthCheck {
		all = append(all, healthEndpoints()...)
	}
	if !h.NoMetrics {
		all = append(all, metricsEndpoints()...)
	}
	all = append(all, queueEndpoints()...)
	return append(all, taskEndpoints()...)
}

func healthEndpoints() []endpoint {
	return []endpoint{
		{method: "GET", path: "/health", action: ViewHealth, answer: (*handler).health, reply: healthReply{}, unwell: true,
			does: "Whether the store answers and the workers of this process run; 503 if not."},
		{method: "GET", path: "/status", action: ViewHealth, answer: (*handler).statusPage, reply: statusReply{}, unwell: true,
			does: "Health with a summary of this process; 503 if unhealthy."},
	}
}

func metricsEndpoints() []endpoint {
	return []endpoint{
		get("/metrics", (*handler).metrics, metricsReply{}, "All metrics in one answer."),
		get("/metrics/system", (*handler).system, systemReply{}, "This process: memory, runs, workers; and all queues."),
		get("/metrics/performance", (*handler).performance, performanceReply{}, "Durations by kind of task, alerts and violations."),
		get("/metrics/autoscaler", (*handler).autoscaler, autoscalerReply{}, "What an autoscaler looks at, and what it decided last."),
		get("/scale", (*handler).scale, scaleReply{}, "How many processes a fleet should have. Where there are several fleets, one has to be named.", "fleet"),
		get("/fleets", (*handler).fleets, fleetsReply{}, "The processes that share an autoscaler, and its last decision."),
		get("/fleets/{fleet}/decisions", (*handler).decisions, decisionsReply{}, "The last decisions of a fleet's autoscaler: those that changed something, and one a minute of the others.", "limit"),
		get("/metrics/queues", (*handler).queueMetrics, queueMetricsReply{}, "Counts of each queue."),
		get("/metrics/workers", (*handler).workerMetrics, workerMetricsReply{}, "The workers of this process together."),
		get("/metrics/memory", (*handler).memoryMetrics, memoryReply{}, "The memory of this process."),
		get("/metrics/summary", (*handler).summary, summaryReply{}, "The most important numbers as text."),
		get("/registry", (*handler).registry, registryReply{}, "The kinds of tasks that the workers of this process run."),
		get("/alerts", (*handler).alerts, alertsReply{}, "What is over its threshold now."),
		get("/sla", (*handler).sla, slaReply{}, "Violations of the thresholds as service levels."),
		get("/diagnostics", (*handler).diagnostics, diagnosticsReply{}, "Health, performance and the state of each queue."),
		get("/uptime", (*handler).uptime, uptimeReply{}, "Since when this process serves, and what it did."),
	}
}

func queueEndpoints() []endpoint {
	return []endpoint{
		get("/overview", (*handler).overview, overviewReply{}, "What the dashboard's first page shows."),
		get("/history", (*handler).trend, historyReply{}, "What all queues had counted in the last minutes, for charts."),
		get("/workers", (*handler).workers, workersReply{}, "Each worker of all processes, and what it runs."),
		get("/errors", (*handler).errors, errorsReply{}, "Dead letters that died alike, of the 50 queues that have the most; the newest 4,000 of each are looked at."),
		get("/types", (*handler).types, typesReply{}, "The kinds of tasks: their fields, and how they do."),
		get("/store", (*handler).store, storeReply{}, "The servers that keep the tasks."),
		get("/schedules", (*handler).schedules, schedulesReply{}, "The crons of all workers, with their next ticks."),
		post("/schedules/{cron}/pause", PauseCron, (*handler).pauseCron, nil, cronReply{}, "Leave out the ticks of a cron, in all processes."),
		post("/schedules/{cron}/resume", PauseCron, (*handler).resumeCron, nil, cronReply{}, "End that."),
		post("/schedules/{cron}/run", RunCron, (*handler).runCron, nil, idReply{}, "Enqueue the task of a cron now."),
		get("/queues", (*handler).listQueues, queuesReply{}, "Queues and their counts: a page of at most 500; filter is in the name.", "filter", "cursor", "limit"),
		get("/queues/{queue}", (*handler).showQueue, queueReply{}, "One queue."),
		post("/queues/{queue}/pause", PauseQueue, (*handler).pauseQueue, nil, queueReply{}, "Let no worker take tasks of a queue."),
		post("/queues/{queue}/resume", PauseQueue, (*handler).resumeQueue, nil, queueReply{}, "End a pause."),
		post("/queues/{queue}/limit", LimitQueue, (*handler).limitQueue, limitBody{}, queueReply{}, "Set what is given, and lift what is 0: how many tasks may be pending or scheduled (more are refused), how many run at a time, and how many begin a second, in all processes together."),
		post("/queues/{queue}/purge", PurgeQueue, (*handler).purgeQueue, purgeBody{}, countReply{}, "Drop all tasks in a state."),
		get("/queues/{queue}/tasks", (*handler).listTasks, tasksReply{}, "A page of the tasks in a state: all, or those that pass each filter that is given. filter is in the kind or the last failure, error in the failure; since and until are instants, or how long ago: of the death, the due time, or since when a task waits.", "state", "filter", "kind", "error", "since", "until", "cursor", "limit"),
		post("/queues/{queue}/tasks/cancel", CancelTask, (*handler).cancelTasks, bulkBody{}, countReply{}, "End many tasks that wait: those with the ids, or those that pass the filters."),
		post("/queues/{queue}/tasks/requeue", RequeueTask, (*handler).requeueTasks, bulkBody{}, countReply{}, "Run many scheduled tasks now, or dead letters again."),
		post("/queues/{queue}/tasks/delete", DeleteTask, (*handler).deleteTasks, bulkBody{}, countReply{}, "Drop many tasks that wait, or dead letters."),
		get("/queues/{queue}/dead/groups", (*handler).deadGroups, groupsReply{}, "Dead letters that died alike; the newest 10,000 are looked at."),
		post("/queues/{queue}/dead/requeue", RequeueTask, (*handler).requeueDead, requeueBody{}, countReply{}, "Run dead letters again: all, those of a kind, or those of a group."),
	}
}

func taskEndpoints() []endpoint {
	return []endpoint{
		get("/task/{id}", (*handler).showTask, taskReply{}, "One task, wherever it is."),
		post("/task/{id}/cancel", CancelTask, (*handler).cancelTask, cancelBody{}, doneReply{}, "End a task that waits or runs."),
		post("/task/{id}/requeue", RequeueTask, (*handler).requeueTask, nil, doneReply{}, "Run a scheduled task now, or a dead letter again."),
		post("/task/{id}/reschedule", RequeueTask, (*handler).rescheduleTask, rescheduleBody{}, doneReply{}, "Give a scheduled task another time."),
		{method: "DELETE", path: "/task/{id}", action: DeleteTask, answer: (*handler).deleteTask, reply: doneReply{}, does: "Drop a task that waits, or a dead letter."},
	}
}

func get(path string, answer func(*handler, *http.Request) (any, error), reply any, does string, query ...string) endpoint {
	return endpoint{method: "GET", path: path, action: View, answer: answer, reply: reply, does: does, query: query}
}

func post(path string, a Action, answer func(*handler, *http.Request) (any, error), body, reply any, does string) endpoint {
	return endpoint{method: "POST", path: path, action: a, answer: answer, body: body, reply: reply, does: does}
}
