// One task.
import { h, span, bytes, ago, count } from "./dom.js";
import { enc, queueLink, state, button, panel, facts, priority } from "./parts.js";
import * as tq from "./commands.js";

function actions(app, t) {
  if (app.overview.read_only) return null;
  const path = "task/" + enc(t.id), list = [], home = "#/queues/" + enc(t.queue);
  const post = (verb, body) => () => app.call(path + "/" + verb, body ?? {});
  const run = (label, text) => button(label, () => app.act({ title: label + "?", text, button: label, command: () => tq.task.change("requeue", t.id), run: post("requeue") }), "primary");
  if (t.state === "dead") list.push(run("Run again", "It begins anew, with all its attempts."));
  if (t.state === "scheduled" || t.state === "parked") list.push(run("Run now", "It runs as soon as a worker is free."));
  if (t.state === "scheduled") list.push(button("Reschedule", () => app.act({
    title: "Reschedule", text: "Run it after so many seconds from now.", button: "Reschedule", command: (f) => tq.task.reschedule(t.id, f.s),
    fields: [{ name: "s", label: "Seconds", type: "number", min: 0, value: 60, required: true }], run: (f) => post("reschedule", { after_seconds: Number(f.s) })(),
  })));
  if (["pending", "scheduled", "parked", "active"].includes(t.state)) list.push(button("Cancel", () => app.act({
    title: "Cancel this task?", text: t.state === "active" ? "Its handler is told to stop; then it is discarded." : "It is discarded.", button: "Cancel it", danger: true,
    fields: [{ name: "reason", label: "Reason" }], command: (f) => tq.task.change("cancel", t.id, f.reason), run: (f) => post("cancel", { reason: f.reason })(),
    after: t.state === "active" || t.retention_ms ? null : home, // it leaves nothing to look at
  }), "danger"));
  if (["pending", "scheduled", "parked", "dead"].includes(t.state)) list.push(button("Delete", () => app.act({
    title: "Delete this task?", text: "It is gone, with its payload.", button: "Delete it", danger: true, command: () => tq.task.change("delete", t.id), run: () => app.call(path, {}, "DELETE"), after: home,
  }), "danger"));
  return h("span", { class: "buttons" }, list);
}

// value is a decoded value: a text as it is, all else as JSON.
const value = (v) => typeof v === "string" ? v : JSON.stringify(v, null, 2);

// content is data by field; what may not be shown is told by its size.
function content(title, data, size) {
  if (!size) return null;
  if (data === null) return panel(title, h("p", { class: "note" }, bytes(size) + ", hidden"));
  if (typeof data === "object" && !Array.isArray(data)) {
    return panel([title, " ", h("small", {}, bytes(size))], h("dl", { class: "fields" }, Object.entries(data).map(([name, v]) => [h("dt", {}, name), h("dd", { class: /^(•+|\(.*\))$/.test(v) ? "note" : null }, h("pre", {}, value(v)))])));
  }
  return panel([title, " ", h("small", {}, bytes(size))], h("pre", {}, value(data)));
}

// timeline is what happened, in order.
function timeline(t) {
  const steps = [["Made", t.created_at, "", ""]];
  const due = t.ready_at && Date.parse(t.ready_at) - Date.parse(t.created_at) > 1500 && !t.failures.length;
  if (due && t.state !== "scheduled") steps.push(["Due", t.ready_at, "", ""]);
  for (const f of t.failures) steps.push([`Run ${f.attempt} failed`, f.at, "bad", f.reason]);
  if (t.state === "scheduled") steps.push([t.failures.length ? "Runs again" : "Due", t.ready_at, "next", ""]);
  if (t.state === "pending") steps.push(["Waits for a worker", t.ready_at, "next", ""]);
  if (t.state === "parked") steps.push(["Waits for a worker that knows " + t.kind, t.ready_at, "next", ""]);
  if (t.state === "active") steps.push([t.attempts ? `Run ${t.attempts + 1} is under way` : "Runs", null, "next", ""]);
  if (t.ended_at) steps.push([{ done: "Done", dead: "Died", discarded: "Discarded" }[t.state], t.ended_at, t.state === "done" ? "good" : "bad", t.state === "discarded" ? t.reason : ""]);
  return h("ol", { class: "timeline" }, steps.map(([name, at, kind, text]) => h("li", { class: kind || null },
    h("b", {}, name), " ", at ? h("span", { class: "note" }, ago(at), " · ", new Date(at).toLocaleString()) : null, text ? h("pre", {}, text) : null)));
}

export const task = {
  of: "tasks", title: (w) => "Task " + w.argument, load: (app, w) => app.call("task/" + enc(w.argument)),
  show: (app, w, t) => [
    h("div", { class: "head" }, h("h1", {}, h("code", {}, t.id), state(t.state)), actions(app, t)),
    t.reason ? h("p", { class: "cause" }, t.reason) : null,
    h("div", { class: "two" },
      panel("Timeline", timeline(t)),
      panel("Facts", facts([
        ["Type", t.kind ? [h("a", { href: "#/types" }, t.kind), t.version > 1 ? " version " + t.version : ""] : "–"], ["Queue", queueLink(t.queue)],
        t.kind && ["Priority", priority(t.priority)], t.kind && ["Failed runs", `${count(t.attempts)} of ${count(t.max_attempts)}`],
        t.kind && ["Time limit", t.timeout_ms ? span(t.timeout_ms) : "none"], t.kind && ["Kept after its end", t.retention_ms ? span(t.retention_ms) : "no"],
        t.lost ? ["Lost in a row", t.lost] : null,
      ]))),
    content("Payload", t.payload, t.payload_bytes), content("Progress", t.progress, t.progress_bytes), content("Result", t.result, t.result_bytes),
    t.headers.length ? panel("Headers", h("dl", { class: "fields" }, t.headers.map((x) => [h("dt", {}, x.key), h("dd", { class: x.value === null ? "note" : null }, h("pre", {}, x.value ?? "hidden"))]))) : null,
  ],
};
