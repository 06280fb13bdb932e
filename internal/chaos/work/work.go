// Package work holds the tasks that the chaos suite runs.
package work

import "time"

//go:generate go tool tqgen .

// Step is a task that behaves as it says.
//
//taskqueue:task queue=chaos retries=3 timeout=1m retention=1h result=Mark
//taskqueue:retry intervals=50ms
type Step struct {
	N     int
	Act   Act
	For   time.Duration // how long a run takes
	Fails int           // how many runs end badly, by Act, before one that does not
	Pad   []byte
}

// Extra is a task that only later builds know.
//
//taskqueue:task queue=chaos retries=3 timeout=1m retention=1h
type Extra struct{ N int }

// A Mark is the result of a Step: which run brought it.
type Mark struct {
	Token  uint32 // the fencing token
	Worker string
}

// An Act is what a run of a Step does.
type Act string

// The acts. Those of failure apply to the first Fails runs.
const (
	Work   Act = ""       // sleep, and heed the context
	Ignore Act = "ignore" // sleep, and do not heed the context, in every run
	Fail   Act = "fail"   // return an error
	Panic  Act = "panic"
	Goexit Act = "goexit"
	Leak   Act = "leak" // leave a goroutine behind that outlives the run
	Spin   Act = "spin" // burn the processor instead of sleeping, in every run

	Hold  Act = "hold"  // wait until the scenario opens the worker's gate, and heed the context
	Cling Act = "cling" // the same, and do not heed it
)
