// Package fleet is how the worker processes that share one autoscaler talk to
// each other, through the store's records.
//
// Each process announces itself (a [Member]) and what it has measured. One of
// them leads: it has written the [Plan], which is its lock, too. A plan lives for
// a few seconds and is written again each second, by whoever knows the version of
// the last one; so there is one leader at a time, and each version is an epoch.
// Nobody is told what to do: every process derives its share of the plan's workers
// from the plan and the members there are ([Split]).
package fleet
