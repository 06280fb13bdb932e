// Package chaos puts the promises of docs/guarantees.md to the test: producers
// and workers are processes of their own, real Redis servers stand behind them,
// and a scenario kills, stops and cuts off what it likes.
//
// Every process writes a ledger of what it has seen: a task that is sent, one
// whose Enqueue returned nil, a handler that begins or ends. Check holds the
// ledgers, together with what the store has at the end, against the invariants.
//
// `make chaos` runs every scenario and writes docs/figures/faults.md; the tests
// of this package run the short ones, and workers with planted faults that the
// checker must report.
//
// # What the ledger can and cannot say
//
// A record is one write to a file of the process' own. It is in the system's
// page cache when the write returns, which a SIGKILL of the process does not
// touch; no scenario cuts the machine's power, so nothing is synced to the disk.
// A record that a SIGKILL tears is the last one of its file and is left out: the
// process had not gone on.
//
// Times are of the machine's one clock, so that records of different processes
// can be compared.
//
// # A slow machine
//
// Where processes or the store stand still for seconds, leases lapse that should
// not. Every process writes a beat each 100 ms, and so does the scenario for each
// answer of the store: a gap is a stall. Runs again that a stall explains are
// counted apart, and limits of time grow with the worst one. What a scenario does
// itself, as a SIGSTOP, is no stall: on a machine that keeps up every rule is as
// strict as it reads.
package chaos
