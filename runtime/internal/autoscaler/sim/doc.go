// Package sim is a discrete-event simulation of a task queue whose pool of
// workers an autoscaler sizes. It is deterministic: arrivals and service times
// are drawn when a trace is made, start-up delays and failures from the run's
// own seed, so that all controllers meet the same load.
//
// [Run] runs a [Controller] over a [Trace], [Oracle] gives the least that a
// clairvoyant could have paid, [Product] is this project's own controller.
// Packages workload and peer have traces and other systems' controllers,
// package contest compares, package picture draws.
//
// What it does not show: the store's latency, and calls to a slow downstream
// that change their speed half-way; the slow-down of a task is settled when it
// starts.
package sim
