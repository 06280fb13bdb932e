// The tq command that does what a button does.

// word is an argument as a shell takes it. Control characters, which a terminal would
// obey when they are pasted, are written in octal.
function word(text) {
  text = String(text);
  if (/^[A-Za-z0-9_.:@%+=\/-]+$/.test(text)) return text;
  if (!/[\x00-\x1f\x7f-\x9f]/.test(text)) return quoted(text);
  const octal = (c) => [...new TextEncoder().encode(c)].map((b) => "\\0" + b.toString(8).padStart(3, "0")).join("");
  return '"$(printf %b ' + quoted(text.replaceAll("\\", "\\\\").replace(/[\x00-\x1f\x7f-\x9f]/g, octal)) + ')"';
}
const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'";
const line = (...parts) => ["tq", ...parts.filter((p) => p !== null && p !== undefined && p !== "")].join(" ");
const flag = (name, value) => value ? "--" + name + " " + word(value) : null;

// pace is a rate in whole numbers.
const pace = (n) => n < 1 ? `1/${Math.round(1000 / n)}ms` : Number.isInteger(n) ? n + "/s" : Math.round(n * 1000) + "/1000s";

export const queue = {
  pause: (q) => line("queues pause", word(q)),
  resume: (q) => line("queues resume", word(q)),
  purge: (q, state) => line("queues purge", word(q), flag("state", state)),
  limit: (q, f) => line("queues limit", word(q), flag("rate", f.rate ? pace(f.rate) : "none"), flag("concurrency", f.active || "none"), flag("max-tasks", f.tasks || "none")),
};

const verbs = { cancel: "cancel", requeue: "retry", delete: "rm" };

export const task = {
  change: (verb, id, reason) => line("tasks", verbs[verb], word(id), verb === "cancel" ? flag("reason", reason) : null),
  reschedule: (id, seconds) => line("tasks reschedule", word(id), flag("in", seconds + "s")),
  many: (verb, ids, reason) => line("tasks", verbs[verb], ids.map(word).join(" "), verb === "cancel" ? flag("reason", reason) : null),
  matching: (verb, queue, f, reason) => line("tasks", verbs[verb], flag("queue", queue), flag("state", f.state), flag("type", f.kind), flag("error", f.error), flag("since", f.since), flag("until", f.until), verb === "cancel" ? flag("reason", reason) : null),
};

export const dead = {
  group: (queue, kind, fingerprint) => line("dlq retry", flag("queue", queue), flag("type", kind), flag("fingerprint", fingerprint)),
  all: (queue) => line("dlq retry", flag("queue", queue), "--all"),
};

export const cron = {
  pause: (name) => line("schedule pause", word(name)),
  resume: (name) => line("schedule resume", word(name)),
  run: (name) => line("schedule run", word(name)),
};
