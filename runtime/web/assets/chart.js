// Charts, of lines and bars, as SVG.
import { h } from "./dom.js";

// spark draws the last values as a line.
export function spark(values, label) {
  const most = Math.max(...values, 1e-9), n = 60;
  const points = values.slice(-n).map((v, i, all) => {
    const x = (n - all.length + i) * 100 / (n - 1), y = 29 - 27 * v / most;
    return `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return h("svg", { class: "spark", viewBox: "0 0 100 30", preserveAspectRatio: "none", role: "img", "aria-label": label },
    h("path", { d: points.length > 1 ? points.join("") : "M0 29" }));
}

// nice is a round number that is not below n.
function nice(n) {
  if (n <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 2.5, 5, 10].map((m) => m * power).find((m) => m >= n);
}

// lines draws series, [{ name, kind, values }], over the same instants. Values may be
// missing. step draws stairs.
export function lines(series, times, { format, label, step, window }) {
  const width = 1000, height = 160, most = nice(Math.max(1e-9, ...series.flatMap((s) => s.values.filter((v) => v !== null && v !== undefined))));
  const from = Math.min(times[0], times.at(-1) - (window ?? 0)), to = times.at(-1), x = (i) => (times[i] - from) / Math.max(to - from, 1) * width, y = (v) => height - v / most * (height - 8) - 1;
  const path = (values) => {
    let d = "", down = false;
    values.forEach((v, i) => {
      if (v === null || v === undefined) { down = false; return; }
      if (step && down) d += `H${x(i).toFixed(1)}`;
      d += `${down ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`;
      down = true;
    });
    return d;
  };
  const grid = [0, 0.5, 1].map((share) => h("line", { class: "grid", x1: 0, x2: width, y1: y(most * share), y2: y(most * share) }));
  return h("figure", { class: "chart" },
    h("figcaption", {}, series.map((s) => h("span", { class: "key " + s.kind }, s.name, " ", h("b", {}, format(s.values.findLast((v) => v !== null && v !== undefined)))))),
    h("div", { class: "plot" },
      h("div", { class: "axis", "aria-hidden": "true" }, h("span", {}, format(most)), h("span", {}, format(most / 2)), h("span", {}, "0")),
      h("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label }, grid,
        times.length > 1 ? series.map((s) => h("path", { class: "line " + s.kind, d: path(s.values) })) : null)));
}

// bullet shows a value against its threshold.
export function bullet(value, threshold, over, label) {
  const most = Math.max(value, threshold * 1.5, 1e-9);
  return h("svg", { class: "bullet" + (over ? " over" : ""), viewBox: "0 0 100 8", preserveAspectRatio: "none", role: "img", "aria-label": label },
    h("rect", { class: "rest", x: 0, y: 1, width: 100, height: 6, rx: 1 }),
    h("rect", { class: "value", x: 0, y: 1, width: Math.min(100, value / most * 100), height: 6, rx: 1 }),
    threshold ? h("rect", { class: "limit", x: Math.min(99.4, threshold / most * 100), y: 0, width: 0.6, height: 8 }) : null);
}
