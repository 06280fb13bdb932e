// Package autoscaler decides how many workers a fleet needs. It is pure and
// deterministic: it has no clock and does no I/O. A loop around it observes,
// asks for a decision, acts on it and keeps it.
//
// # How it decides
//
// Every tick it sizes the fleet three times and takes the largest:
//
//   - Steady: the offered work a = Σ rate·service time, in erlang, where it will
//     be once workers have started, and the fewest slots that keep the wait
//     within its target (Erlang C). A learned margin moves between the configured
//     utilization and lean staffing.
//   - Pressure: what clears the backlog that will be left once the workers in
//     start-up are there (a Smith predictor over the measured start-up delay).
//   - Reserve: what would have paid for itself in the last minutes, because load
//     rose faster than workers start (the newsvendor's problem).
//
// Brakes only lower the result: a type of task that fails, or that its failing
// downstream slows down, is held at its healthy work, and hungry types at what
// the memory can bear. Hysteresis makes small changes wait and takes big ones at
// once; it goes down to the largest demand of a sliding window. The formulas and
// their units stand beside the code: service.go, level.go, trend.go, erlang.go,
// steady.go, pressure.go, reserve.go, errors.go, memory.go, hysteresis.go.
//
// # What it must be told
//
// [Observation] says what the runtime has to measure, in which units. All
// figures are of one moment, over all processes, and come every
// Config.EvaluationInterval, one second by default. They
// may be a few seconds old. A tick that is missing or late costs precision and
// nothing else, for rates are taken over the time between two observations.
//
// Counters only grow; one that fell is taken for one that began again. After a
// gap of an hour, or when the clock was set back, counters are a new beginning.
//
//	every tick     workers by state, tasks by queue and type, running tasks by type,
//	               memory in use; counters of arrivals, retries, successes, failures,
//	               service time and its squares, start-ups and their time
//	every tick     Flow.Due: delayed tasks that fall due within Controller.Horizon
//	every 5 s      Queue.WaitP95Seconds and Started: waits of the last minute
//	at the start   Memory.LimitMB, Type.MemoryMB where a task declares it
//
// What a cap holds back (Decision.Caps) must not hold a worker: it is not
// claimed, and counts as Type.HeldBack and not as Flow.Queued.
//
// # What it keeps
//
// [Controller.State] is some kilobytes. Kept every ten seconds or so, in Redis
// with the leader's epoch, it lets the next leader go on where this one ended.
package autoscaler
