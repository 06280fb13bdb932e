package model

// A Rule is one of those that the protocol is made of.
type Rule uint32

// The rules. A world names those that it does without.
const (
	Fence       Rule = 1 << iota // a session that lost a claim, or is not known, is refused
	Repeat                       // the last cycle, again, has the same grant and changes nothing
	Order                        // a cycle from before the last one is refused
	Held                         // a settle counts only while its session holds the task; a second bar behind Fence
	Atomic                       // a retry leaves the claim and enters the schedule in one step
	Listed                       // who claims is among the holders in the same step
	Lapsed                       // only what a lapsed session holds is reclaimed
	Loss                         // what is reclaimed counts a loss and spends no attempt
	Resend                       // a worker repeats a cycle until it is answered
	Return                       // who leaves gives back what it holds
	KeepHolders                  // a session that holds tasks is not forgotten
	Number                       // an enqueue whose number is in is not carried out again
	Guarded                      // a transaction adds only if its script has run
	Key                          // a unique key has one holder
	Own                          // a task is no duplicate of itself
	Free                         // the end of a task gives up its key in the same step
	Turn                         // a tick of a cron is taken once
	Mark                         // it is taken in the step that adds its task
	Due                          // nothing is promoted before it is due

	// Prompt is what the protocol assumes: a request comes while its session is
	// remembered, or not at all. Bytes of a connection that its client has closed
	// may arrive late, but not after a lease.
	Prompt
)

// An Outcome is how a run ends.
type Outcome uint8

// The outcomes of runs; Running is none.
const (
	Running Outcome = iota
	Done
	Failed
	Released
)

// A World is how much there is of everything, so that the search ends.
type World struct {
	Name     string
	Without  Rule
	Tasks    int       // at most 2, each sent by a producer of its own
	Workers  int       // at most 2
	Sessions int       // a worker's, one after the other; at most 2
	Cycles   uint8     // a session's
	Sends    uint8     // of a task by its user, each repeated as often as it likes
	Crashes  uint8     // of workers
	Lapses   uint8     // of leases
	Packets  int       // under way at once; at most 3
	Outcomes []Outcome // that runs may have

	Blind   bool // what workers are told is not looked at
	Leave   bool // workers may leave in good order
	Unique  bool // the tasks have the same unique key
	Cron    bool // the tasks are the same tick, from two schedulers
	Window  bool // the key outlives its task, as that of an id does
	Bulk    bool // they go in by a transaction, and the store forgets scripts
	Delayed bool // they are due later
}

func (w *World) has(r Rule) bool { return w.Without&r == 0 }
