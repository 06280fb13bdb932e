// Elements, and how values look. Text is only ever set as text: nothing here
// reads HTML.

const SVG = "http://www.w3.org/2000/svg";
const shapes = new Set(["svg", "path", "line", "rect", "title"]);

// h makes an element; properties that begin with "on" are handlers.
export function h(tag, properties = {}, ...children) {
  const e = shapes.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) e[name] = value;
    else if (name === "width%") e.style.width = value + "%";
    else e.setAttribute(name, value === true ? "" : value);
  }
  for (const c of children.flat(Infinity)) {
    if (c !== undefined && c !== null && c !== false) e.append(c);
  }
  return e;
}

const handlers = ["onclick", "onchange", "onsubmit", "oninput"];

// patch makes one element like another and keeps what is the same, so that focus,
// selection and scrolling stay where they are.
export function patch(old, fresh) {
  for (const a of [...old.attributes]) if (!fresh.hasAttribute(a.name) && a.name !== "open") old.removeAttribute(a.name);
  for (const a of fresh.attributes) if (old.getAttribute(a.name) !== a.value && a.name !== "style") old.setAttribute(a.name, a.value);
  if (fresh.style && old.style && fresh.style.width !== old.style.width) old.style.width = fresh.style.width;
  if (old.type === "checkbox" && old.checked !== fresh.hasAttribute("checked")) old.checked = fresh.hasAttribute("checked");
  for (const name of handlers) old[name] = fresh[name];
  const before = [...old.childNodes], after = [...fresh.childNodes];
  after.forEach((node, i) => {
    const was = before[i];
    if (!was) old.append(node);
    else if (was.nodeType !== node.nodeType || was.nodeName !== node.nodeName) was.replaceWith(node);
    else if (node.nodeType === Node.TEXT_NODE) { if (was.data !== node.data) was.data = node.data; }
    else if (was === document.activeElement && /^(SELECT|INPUT)$/.test(was.nodeName) && was.type !== "checkbox") return;
    else patch(was, node);
  });
  before.slice(after.length).forEach((node) => node.remove());
}

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export const count = (n) => n === undefined || n === null ? "–" : whole.format(n);
export const number = (n) => n === undefined || n === null ? "–" : short.format(n);
export const percent = (share) => share === undefined || share === null ? "–" : short.format(share * 100) + " %";
export const plural = (n, one, many) => count(n) + " " + (n === 1 ? one : many ?? one + "s");

export function rate(n) {
  if (n === undefined || n === null) return "–";
  return n >= 100 ? whole.format(Math.round(n)) : n < 0.01 ? "0" : short.format(Math.round(n * 100) / 100);
}

function pair(a, unit, b, part) {
  const rest = Math.floor(b);
  return Math.floor(a) + unit + (rest ? " " + rest + part : "");
}

// span is a duration in milliseconds, to three digits.
export function span(ms) {
  if (ms === undefined || ms === null) return "–";
  if (ms === 0) return "0";
  if (ms < 1) return short.format(ms * 1000) + " µs";
  if (ms < 1000) return short.format(ms) + " ms";
  const s = ms / 1000;
  if (s < 60) return short.format(s) + " s";
  if (s < 3600) return pair(s / 60, "m", s % 60, "s");
  if (s < 86400) return pair(s / 3600, "h", s / 60 % 60, "m");
  return pair(s / 86400, "d", s / 3600 % 24, "h");
}

export function bytes(n) {
  if (n < 1024) return n + " B";
  if (n < 1 << 20) return short.format(n / 1024) + " KiB";
  if (n < 2 ** 30) return short.format(n / 2 ** 20) + " MiB";
  return short.format(n / 2 ** 30) + " GiB";
}

// age is a duration in whole units.
const age = (ms) => span(ms < 60000 ? Math.round(ms / 1000) * 1000 : ms);

// ago is an instant by its distance from now, with the instant itself at hand.
export function ago(at) {
  if (!at) return "–";
  const ms = Date.now() - Date.parse(at);
  const text = Math.abs(ms) < 1500 ? "now" : ms > 0 ? age(ms) + " ago" : "in " + age(-ms);
  return h("time", { datetime: at, title: new Date(at).toLocaleString() }, text);
}

// clock is an instant as the text has it, in its own zone.
export const clock = (at) => at.slice(0, 19).replace("T", " ");

// table is one with a head; columns that begin with "#" hold numbers. On a phone each
// row of a wide one is a card, where a cell has the name after "|", if there is one.
export function table(columns, rows, empty) {
  if (!rows.length) return h("p", { class: "empty" }, empty);
  const heads = columns.map((c) => {
    if (typeof c !== "string") return { text: c, kind: null, label: null };
    const [text, label] = c.replace(/^#/, "").split("|");
    return { text, kind: c.startsWith("#") ? "number" : null, label: label ?? text };
  });
  const title = columns.findIndex((c) => typeof c === "string");
  return h("div", { class: "scroll" }, h("table", { class: columns.length > 4 ? "wide" : null },
    h("thead", {}, h("tr", {}, heads.map((c) => h("th", { scope: "col", class: c.kind }, c.text)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, i) => h("td", { class: i === title ? "title" : heads[i].kind, "data-label": heads[i].label || null }, cell)))))));
}
