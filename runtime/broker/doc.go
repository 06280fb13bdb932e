// Package broker is the contract between the runtime and a store of tasks.
// It is a leaf: it imports the standard library only, and every store
// (redisbroker, membroker) implements it to the letter. Package brokertest is
// the law in code; this comment is the law in words.
//
// # A task is in one place
//
// A task is pending (in a lane of its queue), scheduled (waiting for its
// time), active (in a claim of a session), parked (waiting for a worker that
// knows its shape) or dead. A finished task leaves at
// most a result, for as long as its Retention says. Every transition is one
// atomic step of the store.
//
// # Lanes
//
// A queue has five lanes for tasks without a group: one a [Priority], and the lane
// of suspects (tasks that were lost [SuspectAfter] times or more: their runs never
// ended, so they may have killed their worker). Each lane is first in, first out.
// One claim takes from one lane: the first that is not empty in the order critical,
// high, normal, low, suspects; in every [FairnessInterval]-th cycle of a session
// (Seq divisible by it) in the reverse order, so that no lane starves. A suspect is
// granted alone in its claim, and only where [Want].Suspects allows it.
//
// # Groups
//
// A task with a [Message].Group waits in a lane of its priority, group and key;
// there may be any number of them. Within a priority the lane of the tasks
// without a group and the groups take turns, and within a group its keys do: who
// was served least recently is first, of equals the lane without a group, then by
// name. Who gets something to serve, or may be served again, counts as served by
// the last claim. So a key with many tasks does not hold up one with few.
//
// Where it is a group's turn, the claim takes what the lane whose turn it is has and
// may let begin, then what the next one has, as their turns come, until it has
// Want.Max tasks, or it is the turn of a lane without a group or of another priority,
// or it has looked at [AsideBatch] lanes: so many keys with a task each are as fast
// as one with many.
//
// The order of a key is that of its first runs in one priority: what is retried
// goes to the tail of its lane when it is due. A suspect is in no group: it waits
// in the lane of suspects and runs outside of the limits of its group.
//
// # Limits
//
// [Settings] bound how many tasks are active (Concurrency) and how many begin (a
// [Rate]), of the whole queue, of a group, and of each key of a group. A claim
// takes no more tasks than all of them let begin, and a token of each rate for
// every task; tokens do not come back, however a run ends. A run that ends, is
// given back or is lost makes room for another one. Runs are counted whatever
// was set when they began: a limit that is set, raised or lifted holds at once,
// and one that is lowered ends no run. Suspects are held up by no limit and take
// no token; they count as active in the queue.
//
// A lane or group at a limit is set aside: no cycle looks at it until a run of it
// ends or a token comes: at most [AsideBatch] of those in one cycle, earliest
// first (equal ones by name). The tasks in a lane that is aside are pending all
// the same.
//
// # Queues without workers
//
// Cycles promote and reclaim, so in a queue without sessions what is due stays
// scheduled and what lapsed sessions held stays active. Nothing waits longer for
// that: the first cycle of a worker does both before it claims. Who wants to see it
// before calls [Tend].
//
// # Sessions, claims and fences
//
// A [Session] is one worker process at one queue. Its cycles are numbered from
// 1; one is in flight at a time, and a cycle that got no answer is repeated
// with the same Seq and the same content until it is answered: a repeat
// changes nothing and returns the same leases (its Now, More and Again are
// those of the repeat). Seq 1 opens the session; gaps in the numbers do no
// harm. Every answered cycle, a repeat too, renews the lease of the whole
// session for [Cycle].Lease from the store's now. A session that has lapsed
// (now >= its expiry) may still renew itself until another session's cycle
// reclaims it; from then on it is fenced: its cycles, also one with Seq 1,
// return [ErrFenced] and change nothing. A forgotten session is unknown, so a
// cycle 1 that comes late opens it anew.
//
// # What one cycle does, in this order
//
//  1. fence: an unknown session (Seq > 1) or a fenced one is refused with
//     [ErrFenced], a Seq below the last one with [ErrStale]
//  2. repeat: a Seq equal to the last one renews and returns the same leases;
//     nothing of what follows is done
//  3. unpark: at most [PromoteBatch] parked tasks of the shapes in Unpark, the first
//     shape's first and of each those that were parked first, go to the heads of
//     their lanes, all in the order in which they were parked. In a lane of a group
//     they go behind what has been given back or was unparked before and still
//     waits
//  4. settle: each [Settle] of a lease that this session still holds is
//     carried out; one of a lease that is already settled is ignored. What is
//     released without a time goes to the head of its lane, oldest claim and
//     lowest index first; what is retried is scheduled, be it at now
//  5. renew the session's lease; with Leave the session ends and is forgotten
//     here: what it still holds goes back to the heads of its lanes, oldest
//     claim and lowest index first, and counts as released
//  6. promote at most [Cycle].Promote due tasks, earliest due first (equal due
//     times by ID), to the tails of their lanes; their Ready is their due time
//  7. look again at what was set aside by a limit and has a token by now, then
//     claim at most Want.Max tasks, see "Lanes" and "Groups"; with Leave none
//  8. reclaim at most one claim (the newest) of the one lapsed session that
//     lapsed first (equal expiries by worker name) and holds claims: its
//     unsettled tasks go back to the head of their lane in their old order
//     with Lost + 1; from [SuspectAfter] on to the tail of the lane of
//     suspects, at [LostLimit] to the dead letters and into [Grant].Died. The
//     session is fenced with
//     the first claim reclaimed and forgotten with the last. Of the lapsed
//     sessions that hold no claims at most [ForgetBatch] are forgotten, in the
//     same order
//
// What goes back to a lane keeps its Ready. Where tasks have died, before step 8 or
// in it, and in the last and every [TrimInterval]-th cycle of a session before step 8, at most
// [TrimBatch] dead letters beyond the bounds of the settings are dropped: the
// oldest, until none is too old and they are not too many and not too large.
//
// # Parking
//
// A worker that gets a task whose shape it does not know parks it: the task
// leaves the lanes, spends no attempt, holds up nothing and costs nothing, until
// a worker that knows its shape reads of it in [Grant].Parked and takes it back
// with [Cycle].Unpark; what comes back is claimed by the same cycle, where its
// lanes' turn comes, so few of them meet a worker again that parks them. A queue
// has parked tasks of at most [MaxShapes] shapes: where there are so many, a task
// of another one is scheduled by its Park's After, be it 0, and counts as released.
// Nobody is woken for a task
// that is parked: idle workers learn of it with their next cycle.
//
// # How a task ends
//
// Done and Discard leave an outcome for the task's Retention, and none without
// one; a dead letter stays. The end of a task, whichever, frees a unique key
// that it holds without a window. An ID must not be used twice; only a message
// with a unique key may be enqueued again under its ID while it holds the key.
//
// # Records
//
// Beside the tasks a store keeps small facts for all processes: see [Records]. A
// row is written over a version, so whoever decides by what he has read, decides
// once: a leader is the row that was there for nobody, with a TTL, and its version
// is the term.
//
// # Time
//
// The store's clock decides everything, at millisecond resolution: finer
// durations and instants are cut down to it. Clients send durations, or
// instants that the store compares with its own clock. What is due at T is due
// when now >= T, what lives until T is gone when now >= T.
package broker
