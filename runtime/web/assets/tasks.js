// Lists of tasks: those that wait, and dead letters.
import { h, count, span, bytes, ago, table, plural } from "./dom.js";
import { enc, taskLink, state, button, head, chooser, field, withQueue, priority, query } from "./parts.js";
import * as tq from "./commands.js";

const ages = { "": "any time", "5m": "the last 5 minutes", "1h": "the last hour", "24h": "the last day", "168h": "the last week" };

// asked is what the address asks for.
const asked = (w, name) => ({ state: name, kind: w.query.get("kind") ?? "", error: w.query.get("error") ?? "", since: w.query.get("since") ?? "" });
const narrow = (f) => f.kind || f.error || f.since;

async function load(app, w, name, fits) {
  const queue = await withQueue(app, w, fits), f = asked(w, name);
  const cursor = w.query.get("cursor") ?? "";
  const page = queue ? await app.call(query(`queues/${enc(queue)}/tasks`, { ...f, limit: 50, cursor })) : { tasks: [], seen: 0, next: "" };
  if (app.listed !== location.hash) { app.listed = location.hash; app.chosen.clear(); }
  return { queue, f, cursor, ...page };
}

// filters are fields above a list; path is the page's.
function filters(app, p, path, states) {
  const to = (change) => app.go(query(path, { queue: p.queue, ...(states ? { state: p.f.state } : {}), kind: p.f.kind, error: p.f.error, since: p.f.since, ...change }));
  const kinds = [...new Set(app.overview.kinds.map((k) => k.kind).concat(p.f.kind || []))].sort();
  return h("div", { class: "filters" },
    chooser("Queue", [...new Set(app.overview.queues.map((q) => q.queue).concat(p.queue ?? []))].sort(), p.queue, (queue) => to({ queue })),
    states ? chooser("State", states, p.f.state, (s) => to({ state: s })) : null,
    chooser("Type", ["", ...kinds], p.f.kind, (kind) => to({ kind }), { "": "all" }),
    field("Error", p.f.error, "text in the last failure", (error) => to({ error })),
    chooser(p.f.state === "dead" ? "Died" : p.f.state === "scheduled" ? "Due" : "Ready", Object.keys(ages), p.f.since, (since) => to({ since }), ages));
}

// choice is the box in front of a task.
function choice(app, id) {
  return h("input", { type: "checkbox", "aria-label": "choose this task", checked: app.chosen.has(id), onchange: (e) => { e.target.checked ? app.chosen.add(id) : app.chosen.delete(id); app.redraw(); } });
}

function chooseAll(app, tasks) {
  const all = tasks.length > 0 && tasks.every((t) => app.chosen.has(t.id));
  return h("input", { type: "checkbox", "aria-label": "choose all of this page", checked: all, onchange: (e) => { tasks.forEach((t) => e.target.checked ? app.chosen.add(t.id) : app.chosen.delete(t.id)); app.redraw(); } });
}

const verbs = {
  requeue: { button: "Run", text: "They run as soon as a worker is free; dead letters begin anew, with all their attempts." },
  cancel: { button: "Cancel", text: "They are discarded.", danger: true, fields: [{ name: "reason", label: "Reason" }] },
  delete: { button: "Delete", text: "They are gone, with their payloads.", danger: true },
};

// bulk is one action on many tasks: the chosen ones, or all that the filter means.
function bulk(app, p, verb) {
  const v = verbs[verb], chosen = [...app.chosen];
  const everything = verb === "delete" && !chosen.length && !narrow(p.f); // for that, a queue of millions has a way of its own
  const path = `queues/${enc(p.queue)}/` + (everything ? "purge" : "tasks/" + verb);
  const body = (f) => everything ? { state: p.f.state } : chosen.length ? { ids: chosen, reason: f?.reason } : { ...p.f, reason: f?.reason };
  const what = chosen.length ? plural(chosen.length, "chosen task") : (narrow(p.f) ? "all that match" : "all that are " + p.f.state);
  return button(v.button + " " + (chosen.length ? count(chosen.length) : "all"), () => app.act({
    title: `${v.button} ${what}?`, text: v.text, button: v.button, danger: v.danger, fields: v.fields,
    command: (f) => everything ? tq.queue.purge(p.queue, p.f.state) : chosen.length ? tq.task.many(verb, chosen, f.reason) : tq.task.matching(verb, p.queue, p.f, f.reason),
    preview: () => app.call(path, { ...body(), dry_run: true }), run: (f) => app.call(path, body(f)).then(() => { app.chosen.clear(); app.redraw(); }),
  }), v.danger ? "danger" : null);
}

function actions(app, p) {
  if (app.overview.read_only || !p.tasks.length) return null;
  const possible = { pending: ["cancel", "delete"], scheduled: ["requeue", "cancel", "delete"], parked: ["cancel", "delete"], dead: ["requeue", "delete"] }[p.f.state];
  return h("div", { class: "buttons" }, app.chosen.size ? h("span", { class: "note" }, count(app.chosen.size) + " chosen") : null, possible.map((verb) => bulk(app, p, verb)));
}

function list(app, p, path, columns, row, empty) {
  const boxes = !app.overview.read_only;
  const next = (cursor) => query(path, { queue: p.queue, state: p.f.state, kind: p.f.kind, error: p.f.error, since: p.f.since, cursor });
  return h("section", {},
    table([...(boxes ? [chooseAll(app, p.tasks)] : []), ...columns], p.tasks.map((t) => [...(boxes ? [choice(app, t.id)] : []), ...row(t)]), empty),
    narrow(p.f) && p.seen ? h("p", { class: "note" }, `${count(p.tasks.length)} of ${count(p.seen)} that were looked at`) : null,
    h("div", { class: "buttons pager" },
      p.cursor ? h("a", { class: "button", href: next("") }, "First page") : null,
      p.next ? h("a", { class: "button", href: next(p.next), "data-key": "n" }, "Next page") : null));
}

const none = (p) => narrow(p.f) ? `None of ${count(p.seen)} matches.` : `No task of ${p.queue ?? "any queue"} is ${p.f.state}.`;
const reason = (text) => h("span", { class: "reason", title: text }, text);

export const tasks = {
  of: "tasks", title: () => "Tasks",
  load: (app, w) => load(app, w, w.query.get("state") ?? "pending", (q) => q.pending),
  show: (app, w, p) => [
    head("Tasks", actions(app, p)),
    filters(app, p, "#/tasks", ["pending", "scheduled", "parked", "dead"]),
    list(app, p, "#/tasks", ["Task", "Type", { pending: "Waits since", scheduled: "Due", parked: "Waits since", dead: "Died" }[p.f.state], "Priority", "#Failed", "#Payload", "Last failure"], (t) => [
      taskLink(t.id), t.kind ?? "–", ago(p.f.state === "dead" ? t.ended_at : t.ready_at), priority(t.priority), `${t.attempts} of ${t.max_attempts}`, bytes(t.payload_bytes ?? 0),
      reason(t.reason ?? t.failures.at(-1)?.reason ?? ""),
    ], none(p)),
  ],
};

export const dead = {
  of: "dead", title: () => "Dead letters", load: (app, w) => load(app, w, "dead", (q) => q.dead),
  show: (app, w, p) => [
    head(["Dead letters ", h("small", {}, "in groups: ", h("a", { href: "#/errors" }, "errors"))], actions(app, p)),
    filters(app, p, "#/dead"),
    list(app, p, "#/dead", ["Task", "Type", "Died", "#Runs", "Why"], (t) => [taskLink(t.id), t.kind ?? "–", ago(t.ended_at), t.attempts, reason(t.reason ?? "no reason")], none(p)),
  ],
};

export const errors = {
  of: "errors", title: () => "Errors", period: 5000, load: (app) => app.call("errors"),
  show: (app, w, p) => [
    head(["Errors ", h("small", {}, "dead letters that died alike")], h("div", { class: "buttons" }, app.overview.read_only ? null : p.queues.map((q) => requeueAll(app, q)))),
    h("section", {},
      p.queues.map((q) => h("p", { class: "note" }, q.queue, ": ", h("a", { href: "#/dead?queue=" + enc(q.queue) }, plural(q.dead, "dead letter")), q.seen < q.dead ? `, of which the newest ${count(q.seen)} are grouped` : "")),
      p.groups.map((g) => group(app, g)), p.groups.length ? null : h("p", { class: "empty" }, "Nothing is dead.")),
  ],
};

function group(app, g) {
  return h("article", { class: "group" },
    h("strong", { class: "number" }, count(g.count)),
    h("div", {}, h("p", { class: "reason" }, g.fingerprint || "no reason"),
      h("p", { class: "note" }, g.kind, " in ", g.queue, " · last ", ago(g.last), " · first ", ago(g.first), " · ", h("a", { href: "#/task/" + enc(g.latest.id) }, "the latest"))),
    app.overview.read_only ? null : requeueGroup(app, g));
}

function requeueGroup(app, g) {
  const path = `queues/${enc(g.queue)}/dead/requeue`, body = { kind: g.kind, fingerprint: g.fingerprint };
  return button("Run again", () => app.act({
    title: "Run this group again?", text: `${g.kind}: ${g.fingerprint}`, button: "Run again", command: () => tq.dead.group(g.queue, g.kind, g.fingerprint),
    preview: () => app.call(path, { ...body, dry_run: true }), run: () => app.call(path, body),
  }));
}

function requeueAll(app, q) {
  const path = `queues/${enc(q.queue)}/dead/requeue`;
  return button("Run all of " + q.queue, () => app.act({
    title: `Run all dead letters of ${q.queue} again?`, text: "Each begins anew, with all its attempts.", button: "Run again", command: () => tq.dead.all(q.queue),
    preview: () => app.call(path, { dry_run: true }), run: () => app.call(path, {}),
  }));
}
