// Pages by the part of the address after "#", fresh with each event of the stream.
import { h, patch, count, span } from "./dom.js";
import { pages, menu } from "./pages.js";
import { ask, help } from "./dialog.js";
import { listen } from "./live.js";

const $ = (id) => document.getElementById(id);
const app = { overview: null, history: [], chosen: new Set(), call, act, go, refresh, redraw };
let turn = 0, shown = null, loadedAt = 0, loading = false;

// call asks the server; a refusal is an error with its detail.
async function call(path, body, method) {
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

// decoded is a part of the address; somebody may have typed it.
function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").map(decoded);
  return { hash: location.hash, name: parts[0] || "overview", argument: parts[1], query: new URLSearchParams(query) };
}

function go(hash) {
  if (location.hash === hash) refresh();
  else location.hash = hash;
}

// refresh asks for what the page shows, and shows it; what comes too late is dropped.
async function refresh() {
  const mine = ++turn, where = place(), page = Object.hasOwn(pages, where.name) ? pages[where.name] : pages.missing;
  loading = true;
  try {
    if (!app.overview) remember(await call("overview"));
    const content = await page.load(app, where);
    if (mine !== turn) return;
    shown = { where, page, content };
    redraw();
    complain(null);
  } catch (e) {
    if (mine !== turn) return;
    shown = null;
    complain(e.status ? e.message : "The server does not answer; what is shown is old.");
    if (app.overview) frame(page, where);
    if (e.status === 404) patch($("main"), h("main", { id: "main", tabindex: "-1" }, h("p", { class: "empty" }, "Nothing is here any more.")));
  } finally {
    if (mine === turn) { loading = false; loadedAt = Date.now(); }
  }
}

// redraw shows the page anew with what was loaded last.
function redraw() {
  if (!shown) return;
  frame(shown.page, shown.where);
  patch($("main"), h("main", { id: "main", tabindex: "-1", "data-shows": shown.where.hash }, shown.page.show(app, shown.where, shown.content)));
}

// The stream: what is shown of the overview is shown anew, and the rest is asked for
// again when it is old.
function heard(overview) {
  remember(overview);
  complain(null);
  const period = shown?.page.period ?? 1500;
  if (!loading && Date.now() - loadedAt >= period) refresh();
  else redraw();
}

function complain(text) {
  $("trouble").textContent = text ?? "";
  $("trouble").hidden = !text;
  if (text) status("trouble", "bad");
}

// remember keeps five minutes of what happened per second.
function remember(o) {
  const { done, failed, enqueued, pending } = o.totals;
  add({ at: Date.parse(o.timestamp), done, failed, enqueued, pending });
  app.overview = o;
}

function add(point) {
  const last = app.history.at(-1);
  if (last && point.at - last.at < 500) return;
  if (last) {
    const seconds = (point.at - last.at) / 1000;
    for (const name of ["done", "failed", "enqueued"]) point[name + "Rate"] = Math.max(point[name] - last[name], 0) / seconds;
  }
  app.history.push(point);
  app.history = app.history.slice(-150);
}

function frame(page, where) {
  const o = app.overview, badges = { errors: o.totals.dead };
  patch($("nav"), h("nav", { id: "nav", "aria-label": "Pages" }, menu.map((entry) => {
    if (!entry) return h("hr", {});
    const [name, text, key] = entry;
    return h("a", { href: name === "overview" ? "#/" : "#/" + name, "aria-current": page.of === name ? "page" : null, title: `${text} (${key})` }, text, badges[name] ? h("span", { class: "badge" }, count(badges[name])) : null);
  })));
  if (app.page !== page) $("nav").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  app.page = page;
  document.title = page.title(where) + " · Tasks";
  const ok = o.health.status === "healthy";
  status(ok && o.alerts.length ? o.alerts.length + (o.alerts.length > 1 ? " alerts" : " alert") : o.health.status, !ok || o.alerts.some((a) => a.severity === "Critical") ? "bad" : o.alerts.length ? "warn" : "good");
  const facts = ["up " + span(o.uptime_seconds * 1000)];
  if (o.read_only) facts.push("read-only");
  if (o.hide_payloads) facts.push("payloads hidden");
  patch($("foot"), h("footer", { id: "foot" }, h("span", {}, facts.join(" · ")), h("span", {}, h("a", { href: "openapi.json" }, "OpenAPI"), " · ", h("a", { href: "metrics/prometheus" }, "Prometheus"))));
}

function status(text, kind) {
  $("health").className = "pill " + kind;
  $("health").textContent = text;
}

// act asks whether to do something, does it, and shows what came of it.
function act(question) {
  return ask(question, () => question.after ? go(question.after) : refresh());
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

// row moves the focus to the link of another row.
function row(step) {
  const links = [...document.querySelectorAll("main tbody tr")].map((tr) => tr.querySelector("a")).filter(Boolean);
  const at = links.findIndex((a) => a.closest("tr").contains(document.activeElement));
  const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
  next?.focus();
  next?.closest("tr").scrollIntoView({ block: "nearest" });
}

const keys = {
  "/": () => $("query").focus(), "?": () => help(menu), j: () => row(1), k: () => row(-1),
  x: () => document.activeElement?.closest("tr")?.querySelector("input[type=checkbox]")?.click(),
  n: () => document.querySelector("main [data-key=n]")?.click(),
};
for (const [name, , key] of menu.filter(Boolean)) keys[key] = () => go(name === "overview" ? "#/" : "#/" + name);

document.onkeydown = (event) => {
  const active = document.activeElement;
  if (event.key === "Escape" && active === $("query")) $("query").blur();
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(active?.tagName) && active.type !== "checkbox" || $("dialog").open;
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
};

// kept reads or writes what this browser remembers, if it may remember anything.
function kept(name, value) {
  try { return value === undefined ? localStorage.getItem(name) : localStorage.setItem(name, value); } catch { return null; }
}

// The theme is the system's, until somebody chooses.
function theme(choice) {
  if (choice) document.documentElement.dataset.theme = choice;
}
theme(kept("taskqueue-theme"));
$("theme").onclick = () => {
  const dark = getComputedStyle(document.documentElement).getPropertyValue("--dark").trim() === "1";
  kept("taskqueue-theme", dark ? "light" : "dark");
  theme(dark ? "light" : "dark");
};
$("keys").onclick = () => help(menu);

window.onhashchange = () => { window.scrollTo(0, 0); refresh(); };
call("history").then((past) => past.points.forEach((p) => add({ ...p, at: Date.parse(p.at) }))).catch(() => {}).finally(() => {
  refresh();
  listen(heard, (text) => complain(text ?? "The server does not answer; what is shown is old."));
});
