package redisbroker

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A Defect is something in Redis that is not as the protocol leaves it: the work of
// a foreign hand, of a broken disk, of a restore of half a backup.
type Defect struct {
	Kind   DefectKind
	Key    string    // of Redis
	ID     broker.ID // of the task; zero where it is about none
	Detail string    // the worker, the unique key, the lane: whatever it is about
	Mended bool
}

// String is one line.
func (d Defect) String() string {
	text := fmt.Sprintf("%s: %s", d.Key, d.Kind)
	if d.ID != (broker.ID{}) {
		text += ": task " + d.ID.String()
	}
	if d.Detail != "" {
		text += fmt.Sprintf(": %q", d.Detail)
	}
	if d.Mended {
		text += " (mended)"
	}
	return text
}

// A DefectKind says what is wrong, and with that what Repair does about it.
type DefectKind string

// The defects that Audit finds.
const (
	Bare        DefectKind = "an id without a task"                                   // it is dropped
	Unfiled     DefectKind = "a task that no index has"                               // it is filed again
	Loose       DefectKind = "a task that no lane has"                                // it goes to the head of its lane
	Unreadable  DefectKind = "a task that cannot be read"                             // it becomes a dead letter, with its bytes
	Twice       DefectKind = "a task in two places"                                   // the copy that is further from running is dropped
	Nowhere     DefectKind = "a lane that gets no turn"                               // it stands with the others again
	Stuck       DefectKind = "claims of a session that nobody would reclaim from"     // its lease is over; the next cycle reclaims them
	Orphaned    DefectKind = "a claim of no session"                                  // so is that of a session that is made for it
	Unlisted    DefectKind = "a session that nobody would forget"                     // it is forgotten
	Unknown     DefectKind = "a lease of no session"                                  // it is dropped
	Opened      DefectKind = "a lane inside a transaction that is over"               // its tasks go to the end of the lane
	Held        DefectKind = "a unique key of a task that is nowhere"                 // it is free
	Miscounted  DefectKind = "a count of active tasks that is not that of the claims" // it is set right
	Misweighed  DefectKind = "bytes of dead letters that are not theirs"              // so are these, unless there are more than 5,000 of them
	Misparked   DefectKind = "a count of parked tasks that is not theirs"             // and this
	Unbelonging DefectKind = "a key of no known kind"                                 // it is left alone
)

// Audit looks through all that Redis keeps of a queue, in bounded steps, while work
// goes on, and returns what is wrong. Each finding was looked at again in one atomic
// step. It reads every task once and holds their ids in memory; the user of Redis
// needs the rights +scan +hscan +zscan +lpos +hvals besides.
func (b *Broker) Audit(ctx context.Context, queue string) ([]Defect, error) {
	return b.examine(ctx, queue, false)
}

// Repair is Audit, and mends what it finds, each thing in one atomic step; what it
// has mended says so. Nothing readable is lost: what cannot go on is a dead letter.
// It may be repeated, and run while workers do; it needs the right +lmove besides.
func (b *Broker) Repair(ctx context.Context, queue string) ([]Defect, error) {
	return b.examine(ctx, queue, true)
}

func (b *Broker) examine(ctx context.Context, queue string, mend bool) ([]Defect, error) {
	if err := broker.CheckName("queue name", queue); err != nil {
		return nil, err
	}
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	x := &examination{b: b, q: b.queue(queue), ctx: ctx, mend: mend, seen: map[broker.ID]copyOf{}, workers: map[string]bool{}}
	for _, step := range []func() error{x.keys, x.claims, x.lanes, x.waiting, x.parked, x.indexes, x.sessions, x.unique, x.counts} {
		if err := step(); err != nil {
			return x.defects, opening(err)
		}
	}
	return x.defects, nil
}

// An examination is one Audit or Repair.
type examination struct {
	b       *Broker
	q       *queue
	ctx     context.Context
	mend    bool
	defects []Defect
	seen    map[broker.ID]copyOf
	workers map[string]bool // that have claims
	lists   []string        // claims' elements
	held    map[string]bool // lists of claims that a session has
}

// A copyOf is where a task was seen: a lane by its number, z, x, g, parked, or a
// claim, by the key of its session's claims and its cycle.
type copyOf struct{ place, claim, seq string }

// found reports a defect if the server says, in one atomic step, that it is one.
// keys are those behind the scripts' own.
func (x *examination) found(what string, d Defect, keys []string, args ...any) error {
	all := x.q.grouped(x.q.scheduled, x.q.keys.unique, x.q.letters, x.q.keys.sessions, x.q.idle, x.q.keys.parked, x.q.shelf)
	args = append([]any{what, flag(x.mend)}, args...)
	n, err := x.b.integer(x.ctx, x.b.scripts.Load().mend, append(all, keys...), args)
	if err == nil && n == 1 {
		d.Mended = x.mend
		x.defects = append(x.defects, d)
	}
	return err
}

// keys goes through the names of all keys of the queue.
func (x *examination) keys() error {
	pattern := strings.NewReplacer("{", "\\{", "[", "\\[").Replace(x.q.prefix) + "*"
	for cursor := uint64(0); ; {
		var names []string
		err := x.b.call(x.ctx, func(ctx context.Context) error {
			node, err := masterOf(ctx, x.b.commands, x.q.wake)
			if err == nil {
				names, cursor, err = node.Scan(ctx, cursor, pattern, 1000).Result()
			}
			return err
		})
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := x.key(name, strings.TrimPrefix(name, x.q.prefix)); err != nil {
				return err
			}
		}
		if cursor == 0 {
			return nil
		}
	}
}

// key sorts a key; one that was seen before is of no matter.
func (x *examination) key(name, rest string) error {
	kind, of, _ := strings.Cut(rest, ":")
	switch kind {
	case "claims":
		x.workers[of] = true
	case "claim":
		x.lists = append(x.lists, of)
	case "p":
		return x.lane(name, of)
	case "g", "z", "x", "parked", "sessions", "holders", "idle", "settings", "onces", "marks", "progress",
		"unique", "windows", "result", "producer", "count", "wake", "waiter", "listener":
	default:
		x.defects = append(x.defects, Defect{Kind: Unbelonging, Key: name})
	}
	return nil
}

// lane is one that is there, or is left opened.
func (x *examination) lane(name, rest string) error {
	lane, opened := strings.CutSuffix(rest, ":opened")
	for i, known := range laneNames {
		switch {
		case known == lane && opened:
			return x.found("opened", Defect{Kind: Opened, Key: name}, []string{name}, i+1)
		case known == lane:
			return nil
		}
	}
	x.defects = append(x.defects, Defect{Kind: Unbelonging, Key: name})
	return nil
}

// hash goes through a hash in steps.
func (x *examination) hash(key string, each func(field, value string) error) error {
	return x.scan(func(ctx context.Context, cursor uint64) *redis.ScanCmd {
		return x.b.commands.HScan(ctx, key, cursor, "", scanStep)
	}, each)
}

// set goes through a sorted set; the values are scores.
func (x *examination) set(key string, each func(member, score string) error) error {
	return x.scan(func(ctx context.Context, cursor uint64) *redis.ScanCmd {
		return x.b.commands.ZScan(ctx, key, cursor, "", scanStep)
	}, each)
}

// scanStep is how many entries one command reads.
const scanStep = 500

func (x *examination) scan(step func(context.Context, uint64) *redis.ScanCmd, each func(a, b string) error) error {
	for cursor := uint64(0); ; {
		var pairs []string
		err := x.b.call(x.ctx, func(ctx context.Context) (err error) {
			pairs, cursor, err = step(ctx, cursor).Result()
			return err
		})
		if err != nil {
			return err
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			if err := each(pairs[i], pairs[i+1]); err != nil {
				return err
			}
		}
		if cursor == 0 {
			return nil
		}
	}
}
