// Package broker is the contract between the runtime and a store of tasks.
// It is a leaf: it imports the standard library only, and every store
// (redisbroker, membroker) implements it to the letter. Package brokertest is
// the law in code; this comment is the law in words.
//
// # A task is in one place
//
// A task is pending (in a lane of its queue), scheduled (waiting for its
// time), active (in a claim of a session) or dead. A finished task leaves at
// most a result, for as long as its Retention says. Every transition is one
// atomic step of the store.
//
// # Lanes
//
// A queue has five lanes: one a [Priority], and the lane of suspects (tasks
// that were lost [SuspectAfter] times or more: their runs never ended, so they
// may have killed their worker). Each lane is first in, first out. One claim
// takes from one lane: the first that is not empty in the order critical,
// high, normal, low, suspects; in every [FairnessInterval]-th cycle of a
// session (Seq divisible by it) in the reverse order, so that no lane starves.
// A suspect is granted alone in its claim, and only where [Want].Suspects
// allows it.
//
// # Sessions, claims and fences
//
// A [Session] is one worker process at one queue. Its cycles are numbered from
// 1; one is in flight at a time, and a cycle that got no answer is repeated
// with the same Seq and the same content until it is answered: a repeat
// changes nothing and returns the same leases. Seq 1 opens the session. Every
// answered cycle renews the lease of the whole session for [Cycle].Lease from
// the store's now. A session that has lapsed (now >= its expiry) may still
// renew itself until another session's cycle reclaims it; from then on it is
// fenced: its cycles return [ErrFenced] and change nothing.
//
// # What one cycle does, in this order
//
//  1. fence: an unknown session (Seq > 1) or a fenced one is refused with
//     [ErrFenced], a Seq below the last one with [ErrStale]
//  2. repeat: a Seq equal to the last one returns the same leases
//  3. settle: each [Settle] of a lease that this session still holds is
//     carried out; one of a lease that is already settled is ignored
//  4. renew the session's lease; with Leave the session ends here: what it
//     still holds goes back to the head of its lane in its old order
//  5. promote at most [PromoteBatch] due tasks, earliest due first (equal due
//     times by ID), to the tails of their lanes; their Ready is their due time
//  6. claim at most Want.Max tasks of one lane
//  7. reclaim at most one claim (the newest) of the one lapsed session that
//     lapsed first (equal expiries by worker name): its unsettled tasks go
//     back to the head of their lane in their old order with Lost + 1; at
//     [SuspectAfter] to the tail of the lane of suspects, at [LostLimit] to
//     the dead letters. The session is fenced with the first claim reclaimed
//     and forgotten with the last.
//
// # Time
//
// The store's clock decides everything, at millisecond resolution. Clients send
// durations, or instants that the store compares with its own clock.
package broker
