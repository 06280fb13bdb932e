// What there is: types of tasks, and the store that keeps them.
import { h, count, number, span, bytes, ago, table, plural } from "./dom.js";
import { state, panel, head, figure, facts, queueLink, unhandled } from "./parts.js";
import { kindTable, notAll } from "./overview.js";

const fields = (list, empty) => list.length ? h("dl", { class: "fields" }, list.map((f) => [h("dt", {}, f.name || "the value"), h("dd", {}, f.type, f.secret ? state("paused", "secret") : null)])) : h("p", { class: "note" }, empty);

export const types = {
  of: "types", title: () => "Types", load: (app) => app.call("types"),
  show: (app, w, p) => [
    head(["Types ", h("small", {}, "of tasks that workers have told of")]),
    p.types.length ? p.types.map((t) => h("section", {},
      h("div", { class: "head" }, h("h2", {}, h("code", {}, t.kind), t.version > 1 ? h("small", {}, "version ", t.version, t.older.length ? ", reads " + t.older.join(", ") : "") : null), h("span", { class: t.workers ? "note" : "note bad" }, t.workers ? plural(t.workers, "worker runs it", "workers run it") : "no worker runs it")),
      unhandled(t.unhandled).map((text) => h("p", { class: "note bad" }, text)),
      h("div", { class: "two flat" },
        h("div", {}, h("h3", {}, "Payload"), fields(t.payload, t.known ? "It has no fields." : "Not known: payloads stay hidden.")),
        h("div", {}, h("h3", {}, "Result"), fields(t.result, "none"))),
      t.figures.length ? kindTable(t.figures, "") : null)) : h("section", {}, h("p", { class: "empty" }, "No worker has told of its types yet.")),
  ],
};

export const store = {
  of: "store", title: () => "Broker", load: (app) => app.call("store"),
  show: (app, w, p) => [
    head("Broker"),
    h("div", { class: "figures" },
      figure("Answers in", span(p.latency_ms), "all queues, in one question"),
      figure("Tasks", count(p.tasks), "that it holds"),
      figure("Queues", count(p.queues), ""),
      figure("Servers", p.servers.length ? count(p.servers.length) : "none", p.servers.length ? "" : "the memory of this process")),
    p.servers.map((s) => h("section", {},
      h("div", { class: "head" }, h("h2", {}, h("code", {}, s.address)), s.findings.length ? state("dead", plural(s.findings.length, "finding")) : state("done", "fine")),
      s.findings.length ? h("ul", { class: "findings" }, s.findings.map((f) => h("li", {}, f))) : null,
      facts([["Software", s.software], ["Up", span(s.uptime_seconds * 1000)], ["Memory", bytes(s.used_bytes) + (s.max_bytes ? " of " + bytes(s.max_bytes) : ", without a limit")], ["Fragmentation", number(s.fragmentation)],
        ["Connections", count(s.clients)], ["Commands per second", count(s.commands_per_second)], ["Append-only file", s.append_only_file ? "yes" : "no"], ["Last snapshot", ago(s.saved_at)], ["Replicas", count(s.replicas)]]))),
    panel("Queues", table(["Queue", "#Pending", "#Scheduled", "#Running", "#Dead", "#Ever enqueued"], app.overview.queues.map((q) => [queueLink(q.queue), count(q.pending), count(q.scheduled), count(q.active), count(q.dead), count(q.enqueued)]), "none"), notAll(app.overview)),
  ],
};
