// What each page asks for, and how it shows that.
import { h, count, rate, span, bytes, ago, spark, table } from "./dom.js";

const enc = encodeURIComponent;
const queueLink = (name) => h("a", { href: "#/queues/" + enc(name) }, name);
const taskLink = (id) => h("a", { class: "id", href: "#/task/" + enc(id) }, id);
const tasksLink = (queue, state, n) => n ? h("a", { href: `#/tasks?queue=${enc(queue)}&state=${state}` }, count(n)) : "0";
const state = (name) => h("span", { class: "state " + name }, name);
const button = (text, onclick, kind) => h("button", { type: "button", class: kind ?? null, onclick }, text);
const panel = (title, ...content) => h("section", {}, h("h2", {}, title), content);
const sum = (queues, of) => queues.reduce((n, q) => n + of(q), 0);

function figure(label, value, note, kind, extra) {
  return h("div", { class: "figure " + (kind ?? "") }, h("span", { class: "label" }, label), h("strong", {}, value), h("span", { class: "note" }, note ?? ""), extra);
}

function alerts(list) {
  if (!list.length) return null;
  return h("ul", { class: "alerts" }, list.map((a) => h("li", { class: a.severity === "Critical" ? "bad" : "warn" }, h("b", {}, a.severity), " ", a.message, h("span", { class: "note" }, " for ", span(Math.round((Date.now() - Date.parse(a.timestamp)) / 1000) * 1000)))));
}

function figures(app) {
  const o = app.overview, last = app.history.at(-1) ?? {};
  const line = (name) => spark(app.history.slice(1).map((p) => p[name] ?? 0), name + " over the last two minutes");
  const pending = sum(o.queues, (q) => q.pending), dead = sum(o.queues, (q) => q.dead);
  return h("div", { class: "figures" },
    figure("Done per second", rate(last.doneRate), o.rates ? rate(o.rates.done_per_second) + " over a minute" : "", null, line("doneRate")),
    figure("Enqueued per second", rate(last.enqueuedRate), o.rates ? rate(o.rates.enqueued_per_second) + " over a minute" : "", null, line("enqueuedRate")),
    figure("Failed per second", rate(last.failedRate), o.rates ? rate(o.rates.failed_per_second) + " over a minute" : "", last.failedRate ? "bad" : null, line("failedRate")),
    figure("Pending", count(pending), count(sum(o.queues, (q) => q.scheduled)) + " scheduled", null, line("pending")),
    figure("Running", count(sum(o.queues, (q) => q.active)), o.slots ? `${count(o.busy)} of ${count(o.slots)} slots here` : "no worker here"),
    figure("Dead letters", count(dead), dead ? h("a", { href: "#/dead" }, "what went wrong") : "none", dead ? "bad" : null));
}

function queueTable(queues, actions) {
  const most = Math.max(...queues.map((q) => q.pending), 1);
  const columns = ["Queue", "#Pending", "", "#Scheduled", "#Running", "#Dead", "#Done/s", "#Failed/s", "#Done", "#Workers"];
  if (actions) columns.push("");
  return table(columns, queues.map((q) => [
    [queueLink(q.queue), q.paused ? h("span", { class: "state paused" }, "paused") : null],
    tasksLink(q.queue, "pending", q.pending), q.pending ? h("span", { class: "bar" }, h("span", { "width%": 100 * q.pending / most })) : "",
    tasksLink(q.queue, "scheduled", q.scheduled), count(q.active), tasksLink(q.queue, "dead", q.dead),
    rate(q.rates?.done_per_second), rate(q.rates?.failed_per_second), count(q.done), count(q.sessions),
    ...(actions ? [actions(q)] : []),
  ]), "No task was ever enqueued.");
}

function kindTable(o) {
  if (!o.measured) return h("p", { class: "empty" }, "Times are not measured: give the workers the Observe of a taskqueue.Metrics, and that to the handler.");
  return table(["Kind", "Queue", "#Done", "#Failed", "#Wait p50", "#p95", "#p99", "#Run p50", "#p95", "#p99", "#Max"], o.kinds.map((k) => [
    k.kind, queueLink(k.queue), count(k.done), count(k.retried + k.dead),
    span(k.wait.p50_ms), span(k.wait.p95_ms), span(k.wait.p99_ms), span(k.run.p50_ms), span(k.run.p95_ms), span(k.run.p99_ms), span(k.run.max_ms),
  ]), "No task has run in this process yet.");
}

const overview = {
  of: "overview", title: () => "Overview", load: () => null,
  show: (app) => [alerts(app.overview.alerts), figures(app),
    panel("Queues", queueTable(app.overview.queues)),
    panel(["Kinds ", h("small", {}, "as this process ran them")], kindTable(app.overview))],
};

// Actions on a queue.
function queueActions(app, q) {
  if (app.overview.read_only) return null;
  const path = "queues/" + enc(q.queue) + "/";
  const pause = q.paused
    ? button("Resume", () => app.call(path + "resume", {}).then(app.refresh))
    : button("Pause", () => app.act({ title: "Pause " + q.queue + "?", text: "No worker takes its tasks until it is resumed. What runs goes on, and tasks can still be added.", button: "Pause", run: () => app.call(path + "pause", {}) }));
  const limit = button("Limit", () => app.act({
    title: "Limit " + q.queue, text: "New tasks are refused while so many are pending or scheduled. 0 lifts the limit.", button: "Set",
    fields: [{ name: "n", label: "Tasks", type: "number", min: 0, value: q.max_tasks, required: true }],
    run: (f) => app.call(path + "limit", { max_tasks: Number(f.n) }),
  }));
  return h("span", { class: "buttons" }, pause, limit);
}

function purge(app, queue, name) {
  const path = "queues/" + enc(queue) + "/purge";
  return button("Purge " + name, () => app.act({
    title: `Drop all ${name} tasks of ${queue}?`, text: "They are gone, with their payloads.", button: "Drop them", danger: true,
    preview: () => app.call(path, { state: name, dry_run: true }), run: () => app.call(path, { state: name }),
  }), "danger");
}

const queues = {
  of: "queues", title: (w) => w.argument ?? "Queues",
  load: (app, w) => w.argument ? app.call("queues/" + enc(w.argument)) : null,
  show: (app, w, q) => w.argument ? queuePage(app, q) : h("section", {}, h("h1", {}, "Queues"), queueTable(app.overview.queues, (q) => queueActions(app, q))),
};

function queuePage(app, q) {
  const facts = [["Enqueued", q.enqueued], ["Done", q.done], ["Retried", q.retried], ["Died", q.died], ["Released", q.released], ["Discarded", q.discarded], ["Lost", q.lost], ["Deleted", q.deleted]];
  return [
    h("div", { class: "head" }, h("h1", {}, q.queue, q.paused ? h("span", { class: "state paused" }, "paused") : null), queueActions(app, q)),
    h("div", { class: "figures" },
      figure("Pending", tasksLink(q.queue, "pending", q.pending), q.next_ready ? ["the next waits since ", ago(q.next_ready)] : ""),
      figure("Scheduled", tasksLink(q.queue, "scheduled", q.scheduled), "retries included"),
      figure("Running", count(q.active), count(q.sessions) + (q.sessions === 1 ? " worker" : " workers")),
      figure("Dead letters", q.dead ? h("a", { href: "#/dead?queue=" + enc(q.queue) }, count(q.dead)) : "0", "", q.dead ? "bad" : null),
      figure("Limit", q.max_tasks ? count(q.max_tasks) : "none", "pending and scheduled")),
    panel("Since the queue was first used", h("dl", { class: "counts" }, facts.map(([name, n]) => [h("dt", {}, name), h("dd", {}, count(n))]))),
    app.overview.read_only ? null : panel("Drop tasks", h("div", { class: "buttons" }, ["pending", "scheduled", "dead"].map((s) => purge(app, q.queue, s)))),
  ];
}

// chooser picks a queue, and what else a page depends on.
function chooser(label, values, value, choose) {
  const select = h("select", { onchange: (e) => choose(e.target.value) }, values.map((v) => h("option", { value: v, selected: v === value }, v)));
  return h("label", { class: "choose" }, label, select);
}

// withQueue is the queue of a page: the one in the address, or the first that fits.
async function withQueue(app, w, fits) {
  const list = (app.overview ?? await app.call("overview")).queues;
  return w.query.get("queue") ?? (list.find(fits) ?? list[0])?.queue;
}

const tasksHash = (queue, state, filter, cursor) => `#/tasks?queue=${enc(queue)}&state=${state}` + (filter ? "&filter=" + enc(filter) : "") + (cursor ? "&cursor=" + enc(cursor) : "");

const tasks = {
  of: "tasks", title: () => "Tasks",
  load: async (app, w) => {
    const queue = await withQueue(app, w, (q) => q.pending), name = w.query.get("state") ?? "pending";
    const filter = w.query.get("filter") ?? "";
    const page = queue ? await app.call(`queues/${enc(queue)}/tasks?state=${enc(name)}&limit=50&filter=${enc(filter)}&cursor=${enc(w.query.get("cursor") ?? "")}`) : { tasks: [] };
    return { queue, name, filter, ...page };
  },
  show: (app, w, p) => [
    h("div", { class: "head" }, h("h1", {}, "Tasks"), h("div", { class: "buttons" },
      chooser("Queue", app.overview.queues.map((q) => q.queue), p.queue, (q) => app.go(tasksHash(q, p.name, p.filter))),
      chooser("State", ["pending", "scheduled", "dead"], p.name, (s) => app.go(tasksHash(p.queue, s, p.filter))),
      h("label", { class: "choose" }, "Filter", h("input", { type: "search", value: p.filter, placeholder: "kind or failure", onchange: (e) => app.go(tasksHash(p.queue, p.name, e.target.value.trim())) })))),
    h("section", {}, table(["Task", "Kind", "#Failed", { pending: "Waits since", scheduled: "Due", dead: "Died" }[p.name], "Priority", "#Payload", p.name === "dead" ? "Reason" : "Last failure"], p.tasks.map((t) => [
      taskLink(t.id), t.kind ?? "–", `${t.attempts} of ${t.max_attempts}`, ago(p.name === "dead" ? t.ended_at : t.ready_at),
      priority(t.priority), bytes(t.payload_bytes ?? 0), h("span", { class: "reason" }, t.reason ?? t.failures.at(-1)?.reason ?? ""),
    ]), p.filter ? `None of ${count(p.seen)} has "${p.filter}" in its kind or its last failure.` : `No task of ${p.queue ?? "any queue"} is ${p.name}.`),
    p.filter && p.tasks.length ? h("p", { class: "note" }, `${count(p.tasks.length)} of ${count(p.seen)} that were looked at`) : null,
    h("div", { class: "buttons pager" },
      w.query.get("cursor") ? h("a", { class: "button", href: tasksHash(p.queue, p.name, p.filter) }, "First page") : null,
      p.next ? h("a", { class: "button", href: tasksHash(p.queue, p.name, p.filter, p.next) }, "Next page") : null)),
  ],
};

const priority = (n) => ({ "-1": "low", 0: "normal", 1: "high", 2: "critical" })[n] ?? "–";

function taskActions(app, t) {
  if (app.overview.read_only) return null;
  const path = "task/" + enc(t.id), list = [];
  const post = (verb, body) => () => app.call(path + "/" + verb, body ?? {});
  if (t.state === "dead") list.push(button("Run again", () => app.act({ title: "Run this task again?", text: "It begins anew, with all its attempts.", button: "Run again", run: post("requeue") }), "primary"));
  if (t.state === "scheduled") {
    list.push(button("Run now", () => post("requeue")().then(app.refresh), "primary"));
    list.push(button("Reschedule", () => app.act({
      title: "Reschedule", text: "Run it after so many seconds from now.", button: "Reschedule",
      fields: [{ name: "s", label: "Seconds", type: "number", min: 0, value: 60, required: true }], run: (f) => post("reschedule", { after_seconds: Number(f.s) })(),
    })));
  }
  if (["pending", "scheduled", "active"].includes(t.state)) list.push(button("Cancel", () => app.act({
    title: "Cancel this task?", text: t.state === "active" ? "Its handler is told to stop; then it is discarded." : "It is discarded.", button: "Cancel it", danger: true,
    fields: [{ name: "reason", label: "Reason" }], run: (f) => post("cancel", { reason: f.reason })(),
    after: t.state === "active" || t.retention_ms ? null : "#/queues/" + enc(t.queue), // it leaves nothing to look at
  }), "danger"));
  if (["pending", "scheduled", "dead"].includes(t.state)) list.push(button("Delete", () => app.act({ title: "Delete this task?", text: "It is gone, with its payload.", button: "Delete it", danger: true, run: () => app.call(path, {}, "DELETE"), after: "#/queues/" + enc(t.queue) }), "danger"));
  return h("span", { class: "buttons" }, list);
}

const content = (title, value, size) => size ? panel(title, h("pre", {}, value === null ? `${bytes(size)}, hidden` : JSON.stringify(value, null, 2))) : null;

const task = {
  of: "tasks", title: (w) => "Task " + w.argument, load: (app, w) => app.call("task/" + enc(w.argument)),
  show: (app, w, t) => {
    const facts = [["Kind", t.kind ?? "–"], ["Queue", queueLink(t.queue)], ["Made", ago(t.created_at)]];
    if (t.ready_at) facts.push([t.state === "scheduled" ? "Due" : "Ready", ago(t.ready_at)]);
    if (t.ended_at) facts.push(["Ended", ago(t.ended_at)]);
    if (t.kind) facts.push(["Failed runs", `${t.attempts} of ${t.max_attempts}`], ["Priority", priority(t.priority)], ["Time limit", t.timeout_ms ? span(t.timeout_ms) : "none"], ["Kept after its end", t.retention_ms ? span(t.retention_ms) : "no"], ["Payload", bytes(t.payload_bytes)]);
    if (t.lost) facts.push(["Lost in a row", t.lost]);
    return [
      h("div", { class: "head" }, h("h1", {}, h("code", {}, t.id), state(t.state)), taskActions(app, t)),
      t.reason ? h("p", { class: "cause" }, t.reason) : null,
      panel("Facts", h("dl", { class: "facts" }, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]))),
      t.failures.length ? panel("Failures", h("ol", { class: "failures" }, t.failures.map((f) => h("li", {}, h("span", { class: "note" }, "run ", f.attempt, ", ", ago(f.at)), h("pre", {}, f.reason))))) : null,
      content("Payload", t.payload, t.payload_bytes), content("Progress", t.progress, t.progress_bytes), content("Result", t.result, t.result_bytes),
      t.headers.length ? panel("Headers", h("dl", { class: "facts" }, t.headers.map((x) => [h("dt", {}, x.key), h("dd", {}, x.value ?? "hidden")]))) : null,
    ];
  },
};

function requeueGroup(app, queue, body, label, text) {
  const path = `queues/${enc(queue)}/dead/requeue`;
  return button(label, () => app.act({
    title: "Run dead letters again?", text, button: "Run again",
    preview: () => app.call(path, { ...body, dry_run: true }), run: () => app.call(path, body),
  }));
}

const dead = {
  of: "dead", title: () => "Dead letters", period: 10000, // groups take a look at 10,000 letters
  load: async (app, w) => {
    const queue = await withQueue(app, w, (q) => q.dead);
    return { queue, ...(queue ? await app.call(`queues/${enc(queue)}/dead/groups`) : { groups: [], seen: 0, all: true }) };
  },
  show: (app, w, p) => [
    h("div", { class: "head" }, h("h1", {}, "Dead letters"), h("div", { class: "buttons" },
      chooser("Queue", app.overview.queues.map((q) => q.queue), p.queue, (q) => app.go("#/dead?queue=" + enc(q))),
      p.seen && !app.overview.read_only ? [requeueGroup(app, p.queue, {}, "Run all again", "All of " + p.queue + ", each with all its attempts."), purge(app, p.queue, "dead")] : null)),
    h("section", {}, p.seen ? h("p", { class: "note" }, p.all ? `${count(p.seen)} in ${count(p.groups.length)} ${p.groups.length === 1 ? "group" : "groups"}, by kind and reason` : `the newest ${count(p.seen)}`, " · ", h("a", { href: `#/tasks?queue=${enc(p.queue)}&state=dead` }, "list them")) : null,
      p.groups.map((g) => h("article", { class: "group" },
        h("strong", { class: "number" }, count(g.count)),
        h("div", {}, h("p", { class: "reason" }, g.fingerprint || "no reason"), h("p", { class: "note" }, g.kind, " · last ", ago(g.last), " · first ", ago(g.first), " · ", h("a", { href: "#/task/" + enc(g.latest.id) }, "the latest"))),
        app.overview.read_only ? null : requeueGroup(app, p.queue, { kind: g.kind, fingerprint: g.fingerprint }, "Run again", `${g.kind}: ${g.fingerprint}`))),
      p.seen ? null : h("p", { class: "empty" }, `No task of ${p.queue ?? "any queue"} is dead.`)),
  ],
};

const workers = {
  of: "workers", title: () => "Workers", load: (app) => app.call("workers"),
  show: (app, w, p) => [
    h("h1", {}, "Workers ", h("small", {}, "of this process")),
    p.workers.length ? p.workers.map((k) => worker(k)) : h("section", {}, h("p", { class: "empty" }, "No worker runs in this process.")),
  ],
};

function worker(k) {
  const trouble = k.draining ? "draining" : !k.running ? "stopped" : k.stuck ? "stuck" : !k.reaches_store ? "no store" : null;
  return h("section", {},
    h("div", { class: "head" }, h("h2", {}, h("code", {}, k.name), trouble ? h("span", { class: "state dead" }, trouble) : h("span", { class: "state done" }, "running")),
      h("span", { class: "note" }, `${count(k.active)} of ${count(k.slots)} slots · ${count(k.buffered)} buffered · a run takes ${span(k.run_time_ms)}`)),
    h("div", { class: "slots", role: "img", "aria-label": `${k.active} of ${k.slots} slots are busy` }, Array.from({ length: Math.min(k.slots, 200) }, (_, i) => h("span", { class: i < k.overdue ? "bad" : i < k.active ? "on" : null }))),
    h("dl", { class: "counts" }, [["Done", k.done], ["Failed", k.failed], ["Timeouts", k.timeouts], ["Panics", k.panics], ["Lost", k.lost], ["Overdue", k.overdue]].map(([n, v]) => [h("dt", {}, n), h("dd", {}, count(v))])),
    table(["Kind", "#For", "Queue", "#Run", "Task"], k.runs.map((r) => [r.kind, h("span", { class: r.overdue ? "bad" : null }, span(r.seconds * 1000)), queueLink(r.queue), r.attempt, taskLink(r.id)]), "Nothing runs."));
}

const schedules = {
  of: "schedules", title: () => "Schedules", load: (app) => app.call("schedules?limit=100"),
  show: (app, w, p) => [
    h("h1", {}, "Schedules ", h("small", {}, "the next ticks of this process' crons")),
    h("section", {}, table(["Cron", "Comes", "At", "Zone"], p.ticks.map((t) => [t.name, ago(t.at), t.at.slice(0, 19).replace("T", " "), t.zone]), "No worker of this process has a cron.")),
  ],
};

const missing = { of: "", title: () => "Nothing", load: () => null, show: () => h("p", { class: "empty" }, "There is no such page.") };

export const pages = { overview, queues, tasks, task, dead, workers, schedules, missing };
