package redisbroker

import (
	"strconv"

	"github.com/tqgen/taskqueue/runtime/broker"
)

const lanes = 5

// laneNames in the order of service, which is the scripts' order of KEYS.
var laneNames = [lanes]string{"critical", "high", "normal", "low", "suspects"}

// keys are the names of what Redis holds of one queue. All share a hash tag, so
// that a Cluster keeps them in one slot; a queue's name has no slash, which
// leaves {queue/3} free for its partitions.
//
//	p:<lane>          LIST   envelopes of pending tasks, in order
//	g, g:data         ZSET   lane, number and id, all of score 0; HASH id → number and
//	                         envelope: pending tasks of groups (groups.lua)
//	g:ring, g:ready   ZSET   lanes of groups, and groups, in the order of their turns
//	g:aside           ZSET   lanes and groups at a limit by when time brings them back
//	g:cooling         ZSET   debts to rates by when they are paid
//	g:state           HASH   t<lane> → its turn, or aside; f<group>, f<group>\0<key> →
//	                         active tasks; b… → debt to a rate; c<worker> <cycle> →
//	                         lanes of a claim; p<n>, turn, head, tail: counters
//	z, z:data         ZSET   id by due ms; HASH id → envelope: scheduled tasks
//	parked, parked:data      ZSET shape, number and id, all of score 0; HASH id → number
//	                         and envelope (parking.lua)
//	x, x:data         ZSET   id by ms of the end; HASH id → envelope: dead letters
//	sessions          HASH   worker → last cycle, or F: fenced
//	holders, idle     ZSET   worker by the end of its lease: those with and without claims
//	claims:<worker>   HASH   cycle → bits of the settled tasks: the claims it holds
//	claim:<worker>:<cycle>   LIST  the envelopes of one claim
//	settings          HASH   version, paused, closed, max, bytes, dead, rate, concurrency,
//	                         limit:<group>;
//	                         grouped: it had tasks of groups; parked: how many are
//	onces             HASH   name → last Seq of a Once
//	marks, progress   HASH   id → why it was cancelled; id → what its run told
//	unique, windows   HASH   key → id, and the end of its window; ZSET key by that end
//	result:<second>   HASH   id → outcome, of the tasks made in that second; it expires
//	producer:<id>     STRING last enqueue of a producer, and its answer; it expires
//	count             HASH   counters; large:<n> and largest:<n> of a lane (queue.lua)
//	wake              LIST   at most one token, for one waiter
//	waiter:<id>       LIST   the token that ends one wait; it expires
//	ended             channel of those whose outcome is kept: id and state
type keys struct {
	queue  string
	prefix string // of all that follows

	lanes  [lanes]string
	opened [lanes]string // a lane inside the transaction that adds to it

	tasks, envelopes     string // of groups
	ring, ready, aside   string
	cooling, groupsState string

	schedule, scheduled     string
	parked, shelf           string
	dead, letters           string
	sessions, holders, idle string
	unique, windows         string
	settings, onces         string
	marks, progress         string
	count, wake, ended      string
}

func newKeys(prefix, queue string) *keys {
	p := prefix + "{" + queue + "}:"
	k := &keys{
		queue: queue, prefix: p,
		tasks: p + "g", envelopes: p + "g:data", ring: p + "g:ring", ready: p + "g:ready",
		aside: p + "g:aside", cooling: p + "g:cooling", groupsState: p + "g:state",
		schedule: p + "z", scheduled: p + "z:data",
		parked: p + "parked", shelf: p + "parked:data",
		dead: p + "x", letters: p + "x:data",
		sessions: p + "sessions", holders: p + "holders", idle: p + "idle",
		unique: p + "unique", windows: p + "windows",
		settings: p + "settings", onces: p + "onces", marks: p + "marks", progress: p + "progress",
		count: p + "count", wake: p + "wake", ended: p + "ended",
	}
	for i, name := range laneNames {
		k.lanes[i] = p + "p:" + name
		k.opened[i] = k.lanes[i] + ":opened"
	}
	return k
}

// common are the keys that every script of a queue declares first.
func (k *keys) common(more ...string) []string {
	all := make([]string, 0, 10+len(more))
	all = append(all, k.lanes[:]...)
	all = append(all, k.schedule, k.holders, k.wake, k.settings, k.count)
	return append(all, more...)
}

// grouped are those that every script declares first that deals with lanes of
// groups and limits.
func (k *keys) grouped(more ...string) []string {
	all := make([]string, 0, 18+len(more))
	all = append(all, k.common(k.tasks, k.envelopes, k.ring, k.ready, k.aside, k.cooling, k.groupsState, k.dead)...)
	return append(all, more...)
}

func (k *keys) claims(worker string) string { return k.prefix + "claims:" + worker }

func (k *keys) claim(worker string, seq uint64) string {
	return k.prefix + "claim:" + worker + ":" + strconv.FormatUint(seq, 10)
}

func (k *keys) waiter(id string) string { return k.prefix + "waiter:" + id }

func (k *keys) producer(id string) string { return k.prefix + "producer:" + id }

// result is where the outcome of a task is kept: with those of the same second,
// so that an outcome costs no key of its own.
func (k *keys) result(id broker.ID) string {
	return k.prefix + "result:" + strconv.FormatInt(id.Time().Unix(), 36)
}

// registry is the set of the names of all queues.
func registry(prefix string) string { return prefix + "queues" }

// recordKeys are the names of what processes share beside the queues, in a slot of
// its own: no queue's name has a slash.
//
//	rows:<table>      HASH   name → version, end in ms or 0, data
//	ends:<table>      ZSET   name by that end
//	versions          HASH   table → the last version it gave
//	log:<log>         LIST   lines, the newest first
//	lines             HASH   log → how many there ever were
//	producer:<id>     STRING last write of a producer, and its answer; it expires
type recordKeys struct{ prefix string }

func newRecordKeys(prefix string) recordKeys { return recordKeys{prefix + "{/records}:"} }

func (k recordKeys) rows(table string) string  { return k.prefix + "rows:" + table }
func (k recordKeys) ends(table string) string  { return k.prefix + "ends:" + table }
func (k recordKeys) versions() string          { return k.prefix + "versions" }
func (k recordKeys) log(log string) string     { return k.prefix + "log:" + log }
func (k recordKeys) lines() string             { return k.prefix + "lines" }
func (k recordKeys) producer(id string) string { return k.prefix + "producer:" + id }

// schema is the version of everything under a prefix.
func schema(prefix string) string { return prefix + "schema" }
