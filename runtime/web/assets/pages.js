// The pages by the name in the address.
import { h } from "./dom.js";
import { overview, queues } from "./overview.js";
import { tasks, dead, errors } from "./tasks.js";
import { task } from "./task.js";
import { workers, schedules, autoscaler } from "./fleet.js";
import { types, store } from "./system.js";

const missing = { of: "", title: () => "Nothing", load: () => null, show: () => h("p", { class: "empty" }, "There is no such page.") };

export const pages = { overview, queues, tasks, task, errors, dead, workers, schedules, autoscaler, types, store, missing };

// menu is what the sidebar lists; the key opens the page.
export const menu = [
  ["overview", "Overview", "1"], ["queues", "Queues", "2"], ["tasks", "Tasks", "3"], ["errors", "Errors", "4"], ["dead", "Dead letters", "5"], null,
  ["workers", "Workers", "6"], ["schedules", "Schedules", "7"], ["autoscaler", "Autoscaler", "8"], null,
  ["types", "Types", "9"], ["store", "Broker", "0"],
];
