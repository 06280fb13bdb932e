// Pages by the part of the address after "#", fresh every two seconds.
import { h, patch, count, span } from "./dom.js";
import { pages } from "./pages.js";

const period = 2000;
const $ = (id) => document.getElementById(id);
const app = { overview: null, history: [], act, go, refresh, choose: {} };
let timer = 0, turn = 0;

// call asks the server; a refusal is an error with its detail.
export async function call(path, body, method) {
  const request = { method: method ?? (body === undefined ? "GET" : "POST"), headers: {}, credentials: "same-origin" };
  if (request.method !== "GET") {
    request.headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body ?? {});
  }
  const response = await fetch(path, request);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error(answer.detail ?? response.statusText), { status: response.status });
  return answer;
}
app.call = call;

function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").map(decodeURIComponent);
  return { name: parts[0] || "overview", argument: parts[1], query: new URLSearchParams(query) };
}

function go(hash) {
  if (location.hash === hash) refresh();
  else location.hash = hash;
}

// refresh shows the page anew; what comes too late is dropped.
async function refresh() {
  clearTimeout(timer);
  const mine = ++turn, where = place(), page = pages[where.name] ?? pages.missing;
  try {
    const [overview, content] = await Promise.all([call("overview"), page.load(app, where)]);
    if (mine !== turn) return;
    remember(overview);
    frame(page, where);
    const fresh = h("main", { id: "main", tabindex: "-1" }, page.show(app, where, content));
    patch($("main"), fresh);
    $("trouble").hidden = true;
  } catch (e) {
    if (mine !== turn) return;
    $("trouble").textContent = e.status ? e.message : "The server does not answer; what is shown is old.";
    $("trouble").hidden = false;
    if (!e.status) status("unreachable", "bad");
    if (e.status === 404) patch($("main"), h("main", { id: "main", tabindex: "-1" }, h("p", { class: "empty" }, "Nothing is here any more.")));
  }
  if (!document.hidden) timer = setTimeout(refresh, page.period ?? period);
}

// remember keeps two minutes of what happened per second.
function remember(overview) {
  const sum = (of) => overview.queues.reduce((n, q) => n + of(q), 0);
  const point = { at: Date.parse(overview.timestamp), done: sum((q) => q.done), failed: sum((q) => q.retried + q.died), enqueued: sum((q) => q.enqueued), pending: sum((q) => q.pending) };
  const last = app.history.at(-1);
  if (last && point.at - last.at > 200) {
    const seconds = (point.at - last.at) / 1000;
    for (const name of ["done", "failed", "enqueued"]) point[name + "Rate"] = Math.max(point[name] - last[name], 0) / seconds;
  }
  if (!last || point.at - last.at > 200) app.history.push(point);
  app.history = app.history.slice(-61);
  app.overview = overview;
}

function frame(page, where) {
  const o = app.overview, dead = o.queues.reduce((n, q) => n + q.dead, 0);
  const link = (hash, text, name, badge) => h("a", { href: hash, "aria-current": page.of === name ? "page" : null }, text, badge ? h("span", { class: "badge" }, count(badge)) : null);
  patch($("nav"), h("nav", { id: "nav", "aria-label": "Pages" },
    link("#/", "Overview", "overview"), link("#/queues", "Queues", "queues"), link("#/tasks", "Tasks", "tasks"),
    link("#/dead", "Dead letters", "dead", dead), link("#/workers", "Workers", "workers"), link("#/schedules", "Schedules", "schedules")));
  if (app.page !== page) $("nav").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  app.page = page;
  document.title = page.title(where) + " · Tasks";
  const ok = o.health.status === "healthy";
  status(ok && o.alerts.length ? o.alerts.length + (o.alerts.length > 1 ? " alerts" : " alert") : o.health.status, !ok || o.alerts.some((a) => a.severity === "Critical") ? "bad" : o.alerts.length ? "warn" : "good");
  const facts = ["up " + span(o.uptime_seconds * 1000)];
  if (o.read_only) facts.push("read-only");
  if (!o.show_payloads) facts.push("payloads hidden");
  patch($("foot"), h("footer", { id: "foot" }, h("span", {}, facts.join(" · ")), h("span", {}, h("a", { href: "openapi.json" }, "OpenAPI"), " · ", h("a", { href: "metrics/prometheus" }, "Prometheus"))));
}

function status(text, kind) {
  $("health").className = "pill " + kind;
  $("health").textContent = text;
}

// act asks whether to do something, does it, and shows what came of it.
// fields are inputs: { name, label, type, value }.
async function act({ title, text, button, danger, fields = [], run, preview, after }) {
  const dialog = $("dialog");
  const inputs = fields.map((f) => h("label", {}, f.label, h("input", { name: f.name, type: f.type ?? "text", value: f.value ?? "", min: f.min, required: f.required })));
  const note = h("p", { class: "note", role: "status" }, preview ? "counting …" : "");
  const submit = h("button", { class: danger ? "danger" : "primary", type: "submit" }, button);
  const form = h("form", { method: "dialog" },
    h("h2", { id: "question" }, title), h("p", {}, text), inputs, note,
    h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => dialog.close() }, "Keep as it is"), submit));
  form.onsubmit = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      await run(Object.fromEntries(new FormData(form)));
      dialog.close();
      if (after) go(after);
      else refresh();
    } catch (e) {
      note.className = "note bad";
      note.textContent = e.message;
      submit.disabled = false;
    }
  };
  dialog.replaceChildren(form);
  dialog.showModal();
  if (preview) {
    try {
      const p = await preview();
      note.textContent = (p.exact ? "" : "at least ") + count(p.count) + (p.count === 1 ? " task" : " tasks");
    } catch (e) {
      note.textContent = e.message;
    }
  }
}

$("search").onsubmit = (event) => {
  event.preventDefault();
  const text = $("query").value.trim().replace(/^\/+/, ""); // no name begins with the key
  if (!text) return;
  const isTask = /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(text);
  $("query").value = "";
  $("query").blur();
  go((isTask ? "#/task/" : "#/queues/") + encodeURIComponent(text));
};

document.onkeydown = (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName) || $("dialog").open;
  if (event.key === "Escape" && document.activeElement === $("query")) $("query").blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    $("query").focus();
  }
  const hash = { 1: "#/", 2: "#/queues", 3: "#/tasks", 4: "#/dead", 5: "#/workers", 6: "#/schedules" }[event.key];
  if (hash) go(hash);
};

// The theme is the system's, until somebody chooses.
function theme(choice) {
  if (choice) document.documentElement.dataset.theme = choice;
}
theme(localStorage.getItem("taskqueue-theme"));
$("theme").onclick = () => {
  const dark = getComputedStyle(document.documentElement).getPropertyValue("--dark").trim() === "1";
  localStorage.setItem("taskqueue-theme", dark ? "light" : "dark");
  theme(dark ? "light" : "dark");
};

window.onhashchange = () => { window.scrollTo(0, 0); refresh(); };
document.onvisibilitychange = () => { if (!document.hidden) refresh(); };
refresh();
