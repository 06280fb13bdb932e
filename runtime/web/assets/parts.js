// What several pages have in common.
import { h, count, plural } from "./dom.js";

export const enc = encodeURIComponent;
export const queueLink = (name) => h("a", { href: "#/queues/" + enc(name) }, name);
export const taskLink = (id) => h("a", { class: "id", href: "#/task/" + enc(id) }, id);
export const tasksLink = (queue, state, n) => n ? h("a", { href: (state === "dead" ? "#/dead?queue=" : `#/tasks?state=${state}&queue=`) + enc(queue) }, count(n)) : "0";
export const state = (name, text) => h("span", { class: "state " + name }, text ?? name);
export const button = (text, onclick, kind) => h("button", { type: "button", class: kind ?? null, onclick }, text);
export const panel = (title, ...content) => h("section", {}, h("h2", {}, title), content);
export const head = (title, ...rest) => h("div", { class: "head" }, h("h1", {}, title), rest);

export function figure(label, value, note, kind, extra) {
  return h("div", { class: "figure " + (kind ?? "") }, h("span", { class: "label" }, label), h("strong", {}, value), h("span", { class: "note" }, note ?? ""), extra);
}

// unhandled are sentences about tasks that nobody runs.
export const unhandled = (list) => list.map((u) => [`${u.exact ? "" : "at least "}${plural(u.tasks, "task")} of `, h("a", { href: "#/types" }, u.kind), u.version > 1 ? ` version ${u.version}` : "", u.tasks === 1 ? " waits in " : " wait in ", queueLink(u.queue), ", and no living worker there handles ", u.tasks === 1 ? "it" : "them"]);

export const facts = (list) => h("dl", { class: "facts" }, list.filter(Boolean).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
export const counts = (list) => h("dl", { class: "counts" }, list.map(([n, v]) => h("div", {}, h("dt", {}, n), h("dd", {}, typeof v === "number" ? count(v) : v))));

// chooser picks a value.
export function chooser(label, values, value, choose, names = {}) {
  const select = h("select", { onchange: (e) => choose(e.target.value) }, values.map((v) => h("option", { value: v, selected: v === value }, names[v] ?? v)));
  return h("label", { class: "choose" }, h("span", {}, label), select);
}

// field is a text that is taken when it is left.
export function field(label, value, placeholder, take, type = "search") {
  return h("label", { class: "choose" }, h("span", {}, label), h("input", { type, value, placeholder, autocomplete: "off", spellcheck: "false", onchange: (e) => take(e.target.value.trim()) }));
}

// withQueue is the queue of a page: the one in the address, or the first that fits.
export async function withQueue(app, where, fits) {
  const list = (app.overview ?? await app.call("overview")).queues;
  return where.query.get("queue") ?? (list.find(fits) ?? list[0])?.queue;
}

export const priority = (n) => ({ "-1": "low", 0: "normal", 1: "high", 2: "critical" })[n] ?? "–";

// query is an address with those values that are there.
export function query(path, values) {
  const q = new URLSearchParams(Object.entries(values).filter(([, v]) => v !== "" && v !== null && v !== undefined));
  return path + (q.size ? "?" + q : "");
}
