// Who works: workers, crons, the autoscaler.
import { h, count, number, percent, span, ago, clock, table, plural } from "./dom.js";
import { lines, bullet } from "./chart.js";
import { enc, queueLink, taskLink, state, button, panel, head, facts, counts, figure } from "./parts.js";
import * as tq from "./commands.js";

const trouble = (k) => k.draining ? "draining" : !k.running ? "stopped" : k.stuck ? "stuck" : !k.reaches_store ? "silent" : null;
const mood = (k) => trouble(k) ? state("dead", trouble(k)) : state("done", "running");

function slots(k) {
  return h("div", { class: "slots", role: "img", "aria-label": `${k.active} of ${k.slots} slots are busy` },
    Array.from({ length: Math.min(k.slots, 200) }, (_, i) => h("span", { class: i < k.overdue ? "bad" : i < k.active ? "on" : null })));
}

export const workers = {
  of: "workers", title: (w) => w.argument ?? "Workers", load: (app) => app.call("workers"),
  show: (app, w, p) => w.argument ? one(p.workers.find((k) => k.name === w.argument), w.argument) : [
    head(["Workers ", h("small", {}, "of all processes")]),
    h("section", {}, table(["Worker", "", "#Slots", "", "#Done", "#Failed", "#Run p50", "#p95|Run p95", "#Wait p95", "Since", "Program"], p.workers.map((k) => [
      h("a", { href: "#/workers/" + enc(k.name) }, h("code", {}, k.name)), mood(k), `${count(k.active)} of ${count(k.slots)}`,
      k.slots ? h("span", { class: "bar" + (k.overdue ? " bad" : "") }, h("span", { "width%": 100 * k.active / k.slots })) : "",
      count(k.done), count(k.failed), span(k.run.p50_ms), span(k.run.p95_ms), span(k.wait.p95_ms), ago(k.started_at), k.program || "–",
    ]), "No worker lives.")),
    panel("What runs longest", runs(p.workers.flatMap((k) => k.runs).sort((a, b) => b.seconds - a.seconds).slice(0, 50))),
  ],
};

const runs = (list) => table(["Type", "#For", "Queue", "#Run", "Task"], list.map((r) => [
  r.kind, h("span", { class: r.overdue ? "bad" : null }, span(r.seconds * 1000)), queueLink(r.queue), r.attempt, taskLink(r.id),
]), "Nothing runs.");

function one(k, name) {
  if (!k) return [head(h("code", {}, name)), h("section", {}, h("p", { class: "empty" }, "This worker does not live any more."))];
  return [
    head([h("code", {}, k.name), mood(k)]),
    panel(["Slots ", h("small", {}, `${count(k.active)} of ${count(k.slots)}` + (k.buffered === null ? "" : ` · ${count(k.buffered)} buffered`))], slots(k), runs(k.runs)),
    h("div", { class: "two" },
      panel("Since it began", counts([["Done", k.done], ["Failed", k.failed], ["Timeouts", k.timeouts], ["Panics", k.panics], ["Lost", k.lost], ["Overdue", k.overdue]]),
        table(["", "#p50", "#p95", "#p99", "#Max"], [["Wait", k.wait], ["Run", k.run]].map(([n, t]) => [n, span(t.p50_ms), span(t.p95_ms), span(t.p99_ms), span(t.max_ms)]), "")),
      panel("Process", facts([["Host", k.host || "–"], ["Process id", k.pid || "–"], ["Program", k.program || "–"], ["Started", ago(k.started_at)], ["Heard of", k.own ? "it answers here" : span(k.heard_ms) + " ago"]]))),
    panel("Queues, in its order", table(["Queue", "#Weight", "#Running"], k.queues.map((q) => [queueLink(q.queue), q.weight, q.active]), "It has not told yet.")),
    panel("Types that it runs", h("p", { class: "note" }, k.kinds.join(", "))),
  ];
}

export const schedules = {
  of: "schedules", title: () => "Schedules", load: (app) => app.call("schedules"),
  show: (app, w, p) => [
    head(["Schedules ", h("small", {}, "the crons of all workers, in their zones")]),
    h("section", {}, table(["Cron", "Spec", "Zone", "Next", "", "Last", "Type", "Queue", ""], p.crons.map((c) => [
      [c.name, c.paused ? state("paused") : null], h("code", { class: "spec" }, c.spec), c.zone,
      c.next.length ? h("span", { title: c.next.map(clock).join("\n") }, ago(c.next[0])) : "–", h("span", { class: "note" }, c.next.length ? clock(c.next[0]).split(" ").map((part) => [h("span", { class: "whole" }, part), " "]) : ""),
      ago(c.last), c.kind, queueLink(c.queue), cronActions(app, c),
    ]), "No worker has a cron.")),
    p.crons.length ? panel("Coming up", table(["At", "", "Cron"], p.crons.filter((c) => !c.paused).flatMap((c) => c.next.map((at) => [at, c])).sort((a, b) => Date.parse(a[0]) - Date.parse(b[0])).slice(0, 20)
      .map(([at, c]) => [ago(at), h("span", { class: "note" }, clock(at) + " " + c.zone), c.name]), "All are paused.")) : null,
  ],
};

function cronActions(app, c) {
  if (app.overview.read_only) return null;
  const path = `schedules/${enc(c.name)}/`;
  return h("span", { class: "buttons" },
    button("Run now", () => app.act({ title: `Run ${c.name} now?`, text: "Its task is enqueued, beside its ticks.", button: "Run now", command: () => tq.cron.run(c.name), run: () => app.call(path + "run", {}) })),
    c.paused
      ? button("Resume", () => app.act({ title: `Resume ${c.name}?`, text: "The ticks that were left out are not made up for.", button: "Resume", command: () => tq.cron.resume(c.name), run: () => app.call(path + "resume", {}) }))
      : button("Pause", () => app.act({ title: `Pause ${c.name}?`, text: "Its ticks are left out, in all processes, until it is resumed.", button: "Pause", command: () => tq.cron.pause(c.name), run: () => app.call(path + "pause", {}) })));
}

const signals = [["queue_pressure", "Queue pressure", "predicted wait to its target", number], ["worker_utilization", "Utilization", "busy slot time", percent], ["task_complexity", "Complexity", "run time to its usual", number], ["error_rate", "Error rate", "of the worst type", percent], ["memory_per_worker", "Memory per worker", "MB", number]];

export const autoscaler = {
  of: "autoscaler", title: () => "Autoscaler",
  load: async (app) => {
    const { fleets } = await app.call("fleets");
    const decisions = await Promise.all(fleets.slice(0, 8).map((f) => app.call(`fleets/${enc(f.name)}/decisions?limit=100`)));
    return { fleets, decisions: decisions.map((d) => d.decisions) };
  },
  show: (app, w, p) => [
    head("Autoscaler"),
    p.fleets.length ? p.fleets.map((f, i) => fleet(f, p.decisions[i] ?? [])) : h("section", {}, h("p", { class: "empty" }, "No worker has an autoscaler. See WorkerConfig.Autoscale.")),
  ],
};

function fleet(f, decisions) {
  const d = f.decision, past = decisions.slice().reverse();
  return [
    h("h2", { class: "part" }, f.name, f.leader ? h("small", {}, "led by ", h("code", {}, f.leader)) : state("dead", "nobody leads")),
    h("div", { class: "figures" },
      figure("Workers", count(f.workers), `of ${count(f.min_workers)} to ${count(f.max_workers)}`),
      figure("Wanted", count(f.desired_workers), plural(f.desired_processes, "process", "processes")),
      figure("Offered work", d ? number(d.offered_erlang) : "–", "slots that it keeps busy"),
      figure("Predicted wait", d ? span(d.wait_s * 1000) : "–", d ? "target " + span(d.target_s * 1000) : "", d && d.wait_s > d.target_s ? "bad" : null)),
    d ? panel("Signals", table(["Signal", "#Value", "", "#Threshold", ""], signals.map(([key, name, note, format]) => {
      const s = d.signals[key];
      return [name, h("span", { class: s.over ? "bad" : null }, format(s.value)), bullet(s.value, s.threshold, s.over, name), format(s.threshold), h("span", { class: "note" }, note)];
    }), "")) : null,
    past.length > 1 ? panel("Workers over time", lines([{ name: "Workers", kind: "a", values: past.map((x) => x.to) }, { name: "Wanted before bounds", kind: "b", values: past.map((x) => x.wanted) }], past.map((x) => Date.parse(x.at)), { format: number, label: "workers by each decision", step: true })) : null,
    panel("Decisions", table(["When", "#Workers", "Why"], decisions.map((x) => [ago(x.at), x.from === x.to ? count(x.to) : `${count(x.from)} → ${count(x.to)}`, h("span", { class: "wrap" }, x.reason)]), "None yet.")),
    f.members.length ? panel("Processes", table(["Worker", "#Workers", "#At most", "#Slots"], f.members.map((m) => [h("a", { href: "#/workers/" + enc(m.worker) }, h("code", {}, m.worker)), m.workers, m.most, m.slots]), "")) : null,
  ];
}
