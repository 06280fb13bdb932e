// Package simulate shows how the autoscaler would have done: it runs the
// controller that workers run over a trace of arrivals, in a simulation, beside
// those of other systems and against what a clairvoyant would have paid. It is
// behind `tq autoscale simulate` and `tq autoscale record`.
//
// A trace is one of [Traces], or a file: a line "# " with the parameters as JSON
// (Name, Seed, Dur, Min, Max, Init, Slots, StartLo, StartHi, W, L, MemLimit …),
// then the columns at_s, service_s, mem_mb, queue, type, scheduled, and a task a
// line, compressed by gzip or not. Times are in seconds.
package simulate
