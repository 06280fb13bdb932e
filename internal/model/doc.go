// Package model searches the states of the protocol between producers, workers
// and the store, all of them, breadth first: what redisbroker's scripts do to a
// few tasks, while requests are delayed, repeated and lost, answers do not come
// back, leases lapse, and processes die at any moment.
//
// A World says how much there is of everything. In each state that can be reached
// the promises of docs/guarantees.md are held as invariants. The protocol is made
// of rules; a world without one of them must break an invariant, or the rule is
// of no use, or the model does not see what it is for.
//
// # What is left out
//
// Payloads, lanes, groups, limits, windows and the order of tasks: redisbroker is
// held against a model of those by package brokertest. Scripts are atomic here, as
// they are in Redis; that Redis loses nothing by itself is for package chaos.
package model
