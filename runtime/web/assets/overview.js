// The first page, and queues.
import { h, count, rate, span, ago, table, plural } from "./dom.js";
import { spark, lines } from "./chart.js";
import { enc, queueLink, tasksLink, state, button, panel, head, figure, counts, unhandled } from "./parts.js";
import * as tq from "./commands.js";

const since = (at) => {
  const seconds = Math.round((Date.now() - Date.parse(at)) / 1000);
  return seconds > 0 ? [" for ", span(seconds * 1000)] : [" since now"];
};

function alerts(list, waiting) {
  if (!list.length && !waiting.length) return null;
  return h("ul", { class: "alerts" }, unhandled(waiting).map((text) => h("li", { class: "warn" }, h("b", {}, "Unhandled"), " ", text)), list.map((a) => h("li", { class: a.severity === "Critical" ? "bad" : "warn" }, h("b", {}, a.severity), " ", a.message, h("span", { class: "note" }, ...since(a.timestamp)))));
}

function figures(app) {
  const o = app.overview, last = app.history.at(-1) ?? {};
  const line = (name) => spark(app.history.slice(-60).map((p) => p[name] ?? 0), name + " over the last two minutes");
  const { pending, scheduled, active, dead, parked } = o.totals;
  return h("div", { class: "figures" },
    figure("Done per second", rate(last.doneRate), o.rates ? rate(o.rates.done_per_second) + " over a minute" : "", null, line("doneRate")),
    figure("Failed per second", rate(last.failedRate), o.rates ? rate(o.rates.failed_per_second) + " over a minute" : "", last.failedRate ? "bad" : null, line("failedRate")),
    figure("Pending", count(pending), o.next_ready && pending ? ["the next waits since ", ago(o.next_ready)] : "nothing waits", null, line("pending")),
    figure("Scheduled", count(scheduled), parked ? plural(parked, "more is parked", "more are parked") : "retries included"),
    figure("Running", count(active), o.processes ? `${count(o.busy)} of ${count(o.slots)} slots, ${plural(o.processes, "worker")}` : "no worker lives"),
    figure("Dead letters", count(dead), dead ? h("a", { href: "#/errors" }, "what went wrong") : "none", dead ? "bad" : null));
}

// times are those of the last minutes; before anything ran, there are none.
function times(o) {
  const r = o.recent;
  if (!r.runs) return h("p", { class: "empty" }, "Nothing has run in the last minutes.");
  const row = (name, t) => [name, span(t.p50_ms), span(t.p95_ms), span(t.p99_ms), span(t.mean_ms)];
  return table([`${plural(r.runs, "run")} in ${span(Math.max(Math.round(r.window_seconds), 1) * 1000)}`, "#p50", "#p95", "#p99", "#Mean"], [row("Wait for a worker", r.wait), row("Run", r.run)], "");
}

function throughput(app) {
  const points = app.history.slice(1);
  return lines([
    { name: "Enqueued", kind: "b", values: points.map((p) => p.enqueuedRate) },
    { name: "Done", kind: "a", values: points.map((p) => p.doneRate) },
    { name: "Failed", kind: "c", values: points.map((p) => p.failedRate) },
  ], points.map((p) => p.at), { format: rate, label: "tasks per second over the last five minutes", window: 300000 });
}

// standing is what keeps tasks of a queue from going out, or in.
const standing = (q) => [q.paused ? state("paused") : null, q.closed ? state("paused", "closed") : null];

function queueTable(queues, actions) {
  const most = Math.max(...queues.map((q) => q.pending), 1);
  const columns = ["Queue", "#Pending", "", "#Scheduled", "#Running", "#Dead", "#Done/s", "#Failed/s", "#Done", "#Workers"];
  if (actions) columns.push("");
  return table(columns, queues.map((q) => [
    [queueLink(q.queue), standing(q), q.parked ? state("parked", count(q.parked) + " parked") : null],
    tasksLink(q.queue, "pending", q.pending), q.pending ? h("span", { class: "bar" }, h("span", { "width%": 100 * q.pending / most })) : "",
    tasksLink(q.queue, "scheduled", q.scheduled), count(q.active), tasksLink(q.queue, "dead", q.dead),
    rate(q.rates?.done_per_second), rate(q.rates?.failed_per_second), count(q.done), count(q.sessions),
    ...(actions ? [actions(q)] : []),
  ]), "No task was ever enqueued.");
}

export const kindTable = (kinds, empty) => table(["Kind", "Queue", "#Done", "#Failed", "#Wait p50", "#p95|Wait p95", "#p99|Wait p99", "#Run p50", "#p95|Run p95", "#p99|Run p99", "#Max|Run max"], kinds.map((k) => [
  h("a", { href: "#/types" }, k.kind), queueLink(k.queue), count(k.done), count(k.retried + k.dead),
  span(k.wait.p50_ms), span(k.wait.p95_ms), span(k.wait.p99_ms), span(k.run.p50_ms), span(k.run.p95_ms), span(k.run.p99_ms), span(k.run.max_ms),
]), empty);

// notAll says that there are more queues than are listed.
export const notAll = (o) => o.totals.queues > o.queues.length
  ? h("p", { class: "note" }, `${count(o.queues.length)} of ${count(o.totals.queues)} queues: those with the most tasks; `, h("kbd", {}, "/"), " finds each by its name.") : null;

export const overview = {
  of: "overview", title: () => "Overview", load: () => null,
  show: (app) => [h("h1", { class: "unseen" }, "Overview"), alerts(app.overview.alerts, app.overview.unhandled), figures(app),
    h("div", { class: "two" }, panel(["Tasks per second"], throughput(app)), panel("Times", times(app.overview))),
    panel("Queues", queueTable(app.overview.queues), notAll(app.overview)),
    panel(["Kinds ", h("small", {}, "as the workers of all processes ran them")], kindTable(app.overview.kinds, "No worker has run anything yet."))],
};

// Actions on a queue.
function queueActions(app, q) {
  if (app.overview.read_only) return null;
  const path = "queues/" + enc(q.queue) + "/";
  const pause = q.paused || q.closed
    ? button("Resume", () => app.act({ title: "Resume " + q.queue + "?", text: q.paused ? "Workers take its tasks again." : "A drain has closed it. Tasks can be added again.", button: "Resume", command: () => tq.queue.resume(q.queue), run: () => app.call(path + "resume", {}) }))
    : button("Pause", () => app.act({ title: "Pause " + q.queue + "?", text: "No worker takes its tasks until it is resumed. What runs goes on, and tasks can still be added.", button: "Pause", command: () => tq.queue.pause(q.queue), run: () => app.call(path + "pause", {}) }));
  const limit = button("Limit", () => app.act({
    title: "Limit " + q.queue, text: "Of all workers together. 0 sets no limit.", button: "Set",
    fields: [
      { name: "tasks", label: "Tasks that wait; more are refused", type: "number", min: 0, value: q.max_tasks, required: true },
      { name: "active", label: "Tasks that run at once", type: "number", min: 0, value: q.max_active, required: true },
      { name: "rate", label: "Tasks that begin per second", type: "number", min: 0, step: "any", value: q.max_rate, required: true },
    ],
    command: (f) => tq.queue.limit(q.queue, { tasks: Number(f.tasks), active: Number(f.active), rate: Number(f.rate) }),
    run: (f) => app.call(path + "limit", { max_tasks: Number(f.tasks), max_active: Number(f.active), max_rate: Number(f.rate) }),
  }));
  return h("span", { class: "buttons" }, pause, limit);
}

function purge(app, queue, name) {
  const path = "queues/" + enc(queue) + "/purge";
  return button("Purge " + name, () => app.act({
    title: `Drop all ${name} tasks of ${queue}?`, text: "They are gone, with their payloads.", button: "Drop them", danger: true, command: () => tq.queue.purge(queue, name),
    preview: () => app.call(path, { state: name, dry_run: true }), run: () => app.call(path, { state: name }),
  }), "danger");
}

export const queues = {
  of: "queues", title: (w) => w.argument ?? "Queues",
  load: (app, w) => w.argument ? app.call("queues/" + enc(w.argument)) : null,
  show: (app, w, q) => w.argument ? queuePage(app, q) : [head("Queues"), h("section", {}, queueTable(app.overview.queues, (q) => queueActions(app, q)), notAll(app.overview))],
};

function limits(q) {
  const list = [];
  if (q.max_tasks) list.push(count(q.max_tasks) + " may wait");
  if (q.max_active) list.push(count(q.max_active) + " at once");
  if (q.max_rate) list.push(rate(q.max_rate) + " a second");
  return list;
}

// kindLimits are those of kinds and of their keys, by name.
function kindLimits(list) {
  const some = (n, format) => n ? format(n) : "–";
  return list.length ? table(["Kind", "#At once", "#A second", "#A key at once|Key at once", "#A key a second|Key a second"], list.map((l) => [
    l.kind, some(l.max_active, count), some(l.max_rate, rate), some(l.key_max_active, count), some(l.key_max_rate, rate),
  ]), "") : null;
}

function queuePage(app, q) {
  const totals = [["Enqueued", q.enqueued], ["Done", q.done], ["Retried", q.retried], ["Died", q.died], ["Released", q.released], ["Discarded", q.discarded], ["Lost", q.lost], ["Deleted", q.deleted]];
  const kinds = app.overview.kinds.filter((k) => k.queue === q.queue), set = limits(q);
  return [
    head([q.queue, standing(q)], queueActions(app, q)),
    h("div", { class: "figures" },
      figure("Pending", tasksLink(q.queue, "pending", q.pending), q.next_ready ? ["the next waits since ", ago(q.next_ready)] : ""),
      figure("Scheduled", tasksLink(q.queue, "scheduled", q.scheduled), "retries included"),
      q.parked ? figure("Parked", tasksLink(q.queue, "parked", q.parked), "no worker knows their kind", "warn") : null,
      figure("Running", count(q.active), plural(q.sessions, "worker")),
      figure("Dead letters", q.dead ? h("a", { href: "#/dead?queue=" + enc(q.queue) }, count(q.dead)) : "0", "", q.dead ? "bad" : null),
      figure("Done per second", rate(q.rates?.done_per_second), q.rates ? rate(q.rates.enqueued_per_second) + " enqueued" : "over a minute")),
    panel("Kinds", kindTable(kinds, "No worker has run anything of it yet.")),
    panel("Since the queue was first used", counts(totals)),
    panel("Limits", h("p", { class: "note" }, (set.length ? set.join(" · ") : "none for all tasks together")), kindLimits(q.kind_limits)),
    app.overview.read_only ? null : panel("Drop tasks", h("div", { class: "buttons" }, ["pending", "scheduled", ...(q.parked ? ["parked"] : []), "dead"].map((s) => purge(app, q.queue, s)))),
  ];
}
