package redisbroker

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// rank is how near to running a copy of a task is.
func (c copyOf) rank() int {
	order := []string{"x", "z", "parked", "g", "lane", "claim"}
	if place := slices.Index(order, c.place); place >= 0 {
		return place
	}
	return slices.Index(order, "lane")
}

// see notes a copy of a task. Of two, the one that is nearer to running stays.
func (x *examination) see(m *broker.Message, value string, c copyOf) error {
	before, again := x.seen[m.ID]
	if !again {
		x.seen[m.ID] = c
		return nil
	}
	stays, goes := before, c
	if goes.rank() > stays.rank() {
		stays, goes = goes, stays
		x.seen[m.ID] = stays
	}
	if goes.place == "claim" {
		return nil // both run; whoever settles first counts
	}
	kept, err := x.value(stays, m.ID, c, value)
	if err != nil {
		return err
	}
	dropped, err := x.value(goes, m.ID, c, value)
	if err != nil {
		return err
	}
	d := Defect{Kind: Twice, Key: x.q.prefix + goes.place, ID: m.ID, Detail: stays.place}
	claims := cmp.Or(stays.claim, x.q.wake) // a key of this slot, where none is needed
	return x.found("twice", d, []string{claims}, stays.place, goes.place, kept, shapeName(m.Shape()), m.ID[:], dropped)
}

// value is what stands in the place of a copy: the cycle of a claim, or the task's
// bytes; known are those of the copy that was just read.
func (x *examination) value(c copyOf, id broker.ID, known copyOf, value string) (string, error) {
	data := map[string]string{"z": x.q.scheduled, "x": x.q.letters, "g": x.q.envelopes, "parked": x.q.shelf}
	switch {
	case c.place == "claim":
		return c.seq, nil
	case c == known:
		return value, nil
	case data[c.place] != "":
		return x.field(data[c.place], string(id[:]))
	}
	n, err := strconv.Atoi(c.place)
	if err != nil {
		return "", err
	}
	found := ""
	err = x.list(x.q.keys.lanes[n-1], func(element string) error {
		if strings.HasPrefix(element, string(id[:])) && found == "" {
			found = element
		}
		return nil
	})
	return found, err
}

// field is one of a hash; empty: it is not there.
func (x *examination) field(key, name string) (value string, err error) {
	err = x.b.call(x.ctx, func(ctx context.Context) error {
		value, err = x.b.commands.HGet(ctx, key, name).Result()
		if errors.Is(err, redis.Nil) {
			return nil
		}
		return err
	})
	return value, err
}

// list goes through a list in steps.
func (x *examination) list(key string, each func(element string) error) error {
	for from := 0; ; from += scanStep {
		elements, err := x.b.rangeOf(x.ctx, key, from, from+scanStep-1)
		for _, e := range elements {
			if err == nil {
				err = each(alias(e))
			}
		}
		if err != nil || len(elements) < scanStep {
			return err
		}
	}
}

// read decodes a task, or reports one that cannot be read.
func (x *examination) read(id, element, place string, m *broker.Message) (ok bool, err error) {
	if decodeEnvelope(bytesOf(element), m) == nil {
		return true, nil
	}
	return false, x.found("unreadable", Defect{Kind: Unreadable, Key: x.q.prefix + place, ID: idOf(id)}, nil, place, id, element, "")
}

// lanes reads those without a group.
func (x *examination) lanes() error {
	for i, key := range x.q.keys.lanes {
		place := strconv.Itoa(i + 1)
		err := x.list(key, func(element string) error {
			var m broker.Message
			ok, err := x.read(element[:min(16, len(element))], element, place, &m)
			if !ok {
				return err
			}
			return x.see(&m, element, copyOf{place: place})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// indexes compares those of scheduled tasks and of dead letters with their tasks.
func (x *examination) indexes() error {
	for _, i := range []struct{ place, index, data string }{
		{"z", x.q.schedule, x.q.scheduled}, {"x", x.q.dead, x.q.letters},
	} {
		if err := x.indexed(i.place, i.index, i.data); err != nil {
			return err
		}
	}
	return nil
}

func (x *examination) indexed(place, index, data string) error {
	ids := map[string]bool{}
	err := x.set(index, func(id, _ string) error {
		ids[id] = true
		return nil
	})
	if err != nil {
		return err
	}
	err = x.hash(data, func(id, element string) error {
		listed := ids[id]
		delete(ids, id)
		var m broker.Message
		if decodeEnvelope(bytesOf(element), &m) == nil {
			if err := x.see(&m, element, copyOf{place: place}); err != nil {
				return err
			}
		} else if place == "z" {
			_, err := x.read(id, element, place, &m)
			return err
		}
		if listed {
			return nil
		}
		return x.found("unfiled", Defect{Kind: Unfiled, Key: data, ID: idOf(id)}, nil, place, id)
	})
	for id := range ids {
		if err == nil {
			err = x.found("bare", Defect{Kind: Bare, Key: index, ID: idOf(id)}, nil, place, id, id)
		}
	}
	return err
}

func idOf(text string) (id broker.ID) {
	copy(id[:], text)
	return id
}

// waiting looks at the tasks in lanes of groups, and at the lanes.
func (x *examination) waiting() error {
	lanes, ids := map[string]string{}, map[string]string{} // a task of each, and its id
	err := x.stored("g", x.q.tasks, x.q.envelopes, func(m *broker.Message, number string) string {
		if m.Group == "" {
			return ""
		}
		return string('0'+laneByte(m.Priority)) + m.Group + "\x00" + m.Key + "\x00" + number + string(m.ID[:])
	}, func(m *broker.Message, value string) {
		lane := string('0'+laneByte(m.Priority)) + m.Group + "\x00" + m.Key
		lanes[lane], ids[lane] = value, string(m.ID[:])
	})
	for lane, value := range lanes {
		if err == nil {
			err = x.found("nowhere", Defect{Kind: Nowhere, Key: x.q.ring, Detail: lane}, nil, lane, ids[lane], value)
		}
	}
	return err
}

// parked looks at those that wait for a worker that knows their shape.
func (x *examination) parked() error {
	return x.stored("parked", x.q.keys.parked, x.q.shelf, func(m *broker.Message, number string) string {
		return shapeName(m.Shape()) + number + string(m.ID[:])
	}, func(*broker.Message, string) {})
}

// stored compares an index of members with tasks that carry a number in front;
// member is what the index should have of one.
func (x *examination) stored(place, index, data string, member func(*broker.Message, string) string, good func(*broker.Message, string)) error {
	members := map[string]bool{}
	err := x.set(index, func(m, _ string) error {
		members[m] = true
		return nil
	})
	if err != nil {
		return err
	}
	err = x.hash(data, func(id, value string) error {
		var m broker.Message
		element := string(waitingEnvelope(value))
		want := id
		if decodeEnvelope([]byte(element), &m) == nil {
			want = member(&m, value[:min(16, len(value))])
		}
		if want == id || want == "" || string(m.ID[:]) != id {
			return x.found("loose", Defect{Kind: Unreadable, Key: data, ID: idOf(id)}, nil, place, id, value, "no member")
		}
		if !members[want] {
			return x.found("loose", Defect{Kind: Loose, Key: data, ID: m.ID}, nil, place, id, value, want)
		}
		delete(members, want)
		good(&m, value)
		return x.see(&m, value, copyOf{place: place})
	})
	for m := range members {
		if err == nil {
			id := m[max(0, len(m)-16):]
			err = x.found("bare", Defect{Kind: Bare, Key: index, ID: idOf(id)}, nil, place, m, id)
		}
	}
	return err
}

// sessions compares what is known of sessions with their leases.
func (x *examination) sessions() error {
	listed, idle := map[string]bool{}, map[string]bool{}
	err := x.set(x.q.holders, func(worker, _ string) error {
		listed[worker] = true
		return nil
	})
	if err != nil {
		return err
	}
	err = x.set(x.q.idle, func(worker, _ string) error {
		listed[worker], idle[worker] = true, true
		return nil
	})
	if err != nil {
		return err
	}
	err = x.hash(x.q.keys.sessions, func(worker, _ string) error {
		delete(idle, worker)
		if listed[worker] || x.workers[worker] {
			return nil
		}
		return x.found("unlisted", Defect{Kind: Unlisted, Key: x.q.keys.sessions, Detail: worker}, nil, worker)
	})
	for worker := range idle {
		if err == nil {
			err = x.found("unknown", Defect{Kind: Unknown, Key: x.q.idle, Detail: worker}, nil, worker)
		}
	}
	return err
}

// claims looks at the tasks that sessions hold.
func (x *examination) claims() error {
	x.held = map[string]bool{}
	for worker := range x.workers {
		d := Defect{Kind: Stuck, Key: x.q.keys.claims(worker), Detail: worker}
		if err := x.found("stuck", d, []string{d.Key}, worker); err != nil {
			return err
		}
		err := x.hash(d.Key, func(seq, bits string) error { return x.claim(worker, seq, bits) })
		if err != nil {
			return err
		}
	}
	for _, of := range x.lists {
		i := strings.LastIndex(of, ":")
		if x.held[of] || i < 0 {
			continue
		}
		worker, seq := of[:i], of[i+1:]
		name := "repair." + randomName()
		d := Defect{Kind: Orphaned, Key: x.q.prefix + "claim:" + of, Detail: worker}
		keys := []string{x.q.keys.claims(worker), d.Key, x.q.keys.claims(name), x.q.keys.claim(name, 1)}
		if err := x.found("orphaned", d, keys, worker, seq, name); err != nil {
			return err
		}
	}
	return nil
}

func (x *examination) claim(worker, seq, bits string) error {
	x.held[worker+":"+seq] = true
	elements, err := x.b.rangeOf(x.ctx, x.q.prefix+"claim:"+worker+":"+seq, 0, -1)
	for i, e := range elements {
		var m broker.Message
		settled := i/8 < len(bits) && bits[i/8]&(1<<(i%8)) != 0
		if err != nil || settled || decodeEnvelope(e, &m) != nil {
			continue // a cycle buries what cannot be read
		}
		err = x.see(&m, "", copyOf{place: "claim", seq: seq, claim: x.q.keys.claims(worker)})
	}
	return err
}

// young is how old a task must be before its absence means something: it may have
// gone from where nobody had looked yet to where somebody had.
const young = time.Minute

// unique looks for keys that are held until their tasks have ended, by tasks that
// are nowhere.
func (x *examination) unique() error {
	return x.hash(x.q.keys.unique, func(key, value string) error {
		id := idOf(value)
		if _, lives := x.seen[id]; lives || len(value) > len(id) || x.b.clock.now().Sub(id.Time()) < young {
			return nil
		}
		entries, err := x.b.Find(x.ctx, []broker.Ref{{Queue: x.q.keys.queue, ID: id}})
		if err != nil || slices.Contains([]broker.State{broker.Pending, broker.Scheduled, broker.Active, broker.Parked}, entries[0].State) {
			return err
		}
		return x.found("held", Defect{Kind: Held, Key: x.q.keys.unique, ID: id, Detail: key}, nil, key, value)
	})
}

// counts sets right what is counted: the bytes of dead letters, the parked tasks,
// and how many tasks came in, which tells how many are active.
func (x *examination) counts() error {
	if err := x.found("weighed", Defect{Kind: Misweighed, Key: x.q.count}, nil); err != nil {
		return err
	}
	if err := x.found("shelved", Defect{Kind: Misparked, Key: x.q.settings}, nil); err != nil {
		return err
	}
	return x.came()
}

func (x *examination) came() error {
	var holders []string
	var names []any
	err := x.set(x.q.holders, func(worker, _ string) error {
		holders, names = append(holders, x.q.keys.claims(worker)), append(names, worker)
		return nil
	})
	if err != nil || len(holders) > broker.MaxBatch {
		return err
	}
	return x.found("miscounted", Defect{Kind: Miscounted, Key: x.q.count}, holders, names...)
}
