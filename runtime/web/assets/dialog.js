// Questions before something is done.
import { h, count } from "./dom.js";

const dialog = () => document.getElementById("dialog");

// ask shows what would be done, to how many, and which command does the same; then it
// does it. fields are inputs: { name, label, type, value }; done is called afterwards.
export async function ask({ title, text, button, danger, fields = [], command, run, preview }, done) {
  const box = dialog();
  const inputs = fields.map((f) => h("label", {}, f.label, h("input", { name: f.name, type: f.type ?? "text", value: f.value ?? "", min: f.min, step: f.step, required: f.required, autocomplete: "off" })));
  const note = h("p", { class: "note", role: "status" }, preview ? "counting …" : "");
  const submit = h("button", { class: danger ? "danger" : "primary", type: "submit" }, button);
  const code = h("code", {}), copy = h("button", { type: "button", class: "quiet", title: "Copy the command" }, "copy");
  const form = h("form", { method: "dialog" },
    h("h2", { id: "question" }, title), h("p", {}, text), inputs, note,
    command ? h("div", { class: "command" }, code, copy) : null,
    h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => box.close() }, "Keep as it is"), submit));
  const values = () => Object.fromEntries(new FormData(form));
  const spell = () => { if (command) code.textContent = command(values()); };
  form.oninput = spell;
  copy.onclick = () => navigator.clipboard?.writeText(code.textContent);
  form.onsubmit = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      await run(values());
      box.close();
      done();
    } catch (e) {
      note.className = "note bad";
      note.textContent = e.message;
      submit.disabled = false;
    }
  };
  box.replaceChildren(form);
  spell();
  box.showModal();
  if (!preview) return;
  try {
    const p = await preview();
    note.textContent = (p.exact ? "" : "at least ") + count(p.count) + (p.count === 1 ? " task" : " tasks");
  } catch (e) {
    note.textContent = e.message;
  }
}

// help lists the keys.
export function help(menu) {
  const keys = [["/", "find a task or a queue"], ...menu.filter(Boolean).map(([, name, key]) => [key, name]), ["j k", "next and previous row"], ["x", "choose the row"], ["Enter", "open it"], ["n", "next page"], ["?", "this"]];
  dialog().replaceChildren(h("form", { method: "dialog" }, h("h2", { id: "question" }, "Keys"),
    h("dl", { class: "keys" }, keys.map(([key, text]) => [h("dt", {}, key.split(" ").map((k) => h("kbd", {}, k))), h("dd", {}, text)])),
    h("div", { class: "buttons" }, h("button", { class: "primary", type: "submit" }, "Close"))));
  dialog().showModal();
}
