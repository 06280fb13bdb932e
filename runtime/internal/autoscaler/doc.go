// Package autoscaler decides how many workers a fleet needs. It is pure and
// deterministic: it has no clock and does no I/O. A loop around it observes,
// asks for a decision, acts on it and keeps it.
//
// # How it decides
//
// Every tick it sizes the fleet three times and takes the largest:
//
//   - Steady: the offered work a = Σ rate·service time, in erlang, and the
//     fewest slots that keep the wait within its target (Erlang C). A learned
//     margin moves between the configured utilization and lean staffing.
//   - Pressure: what clears the backlog that will be left once the workers in
//     start-up are there (a Smith predictor over the measured start-up delay).
//   - Reserve: what would have paid for itself in the last minutes, because load
//     rose faster than workers start (the newsvendor's problem).
//
// Brakes only lower the result: a type of task that fails is held at its
// healthy work, and hungry types at what the memory can bear. Hysteresis makes
// small changes wait and takes big ones at once; it goes down to the largest
// demand of a sliding window. The formulas, their units and where they come
// from stand beside the code: service.go, level.go, steady.go, pressure.go,
// reserve.go, margin.go, errors.go, memory.go, hysteresis.go.
//
// # What it must be told
//
// [Observation] says what the runtime has to measure, in which units. Counters
// only grow; one that fell is taken for one that began again. All figures are
// of one moment, not older than three seconds, and come every
// Config.EvaluationInterval, one second by default. A tick that is missing or
// late costs precision and nothing else, for rates are taken over the time
// between two observations.
package autoscaler
