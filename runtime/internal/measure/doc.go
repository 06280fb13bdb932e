// Package measure makes the autoscaler's observations: from what an engine
// counted, what the store says of its queues, and the memory of the process.
package measure
