package redisbroker

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// reviewBatch is how much of what limits set aside one step looks at again.
const reviewBatch = 500

// configure replaces the settings, then looks again at what is set aside. If that
// does not come to its end, time or the end of a run does it.
func (b *Broker) configure(ctx context.Context, q *queue, s broker.Settings) error {
	if err := b.replace(ctx, q, &s); err != nil {
		return err
	}
	keys := q.grouped()
	for from := int64(0); ; {
		answer, err := b.run(ctx, b.scripts.Load().configure, keys, "review", from, reviewBatch)
		if err != nil || answer.int(0) < reviewBatch {
			return err
		}
		from += answer.int(1)
	}
}

// replace replaces the settings if they have the version of s.
func (b *Broker) replace(ctx context.Context, q *queue, s *broker.Settings) error {
	p := q.producers.borrow(b)
	defer q.producers.give(p)
	version := ""
	if s.Version != broker.Unset {
		version = strconv.FormatUint(s.Version, 10)
	}
	args := append([]any{"replace", p.number, remember, version}, settingsArguments(s)...)
	answer, err := b.run(ctx, b.scripts.Load().configure, q.grouped(q.producer(p.name)), args...)
	if err != nil {
		return err
	}
	if stored, stale := strings.CutPrefix(answer.string(0), "stale "); stale {
		return fmt.Errorf("%w: the settings of queue %s have version %s, not %d", broker.ErrStale, q.keys.queue, stored, s.Version)
	}
	return nil
}

// settingsArguments are the fields of settings that are not zero.
func settingsArguments(s *broker.Settings) (fields []any) {
	if s.Paused {
		fields = append(fields, "paused", "1")
	}
	if s.Closed {
		fields = append(fields, "closed", "1")
	}
	if s.Closed || s.MaxTasks > 0 || s.MaxBytes > 0 {
		fields = append(fields, "max", s.MaxTasks) // whoever adds without a look sees it
	}
	if s.MaxBytes > 0 {
		fields = append(fields, "bytes", s.MaxBytes)
	}
	if s.Dead != (broker.Bounds{}) {
		fields = append(fields, "dead", boundsText(s.Dead))
	}
	if s.Rate.N > 0 {
		fields = append(fields, "rate", rateText(s.Rate))
	}
	if s.Concurrency > 0 {
		fields = append(fields, "concurrency", s.Concurrency)
	}
	for group, l := range s.Groups {
		fields = append(fields, limitField+group,
			fmt.Sprintf("%d/%s/%d/%s", l.Concurrency, rateText(l.Rate), l.KeyConcurrency, rateText(l.KeyRate)))
	}
	return fields
}

const limitField = "limit:"

// rateText is how scripts read a rate; empty: none.
func rateText(r broker.Rate) string {
	if r.N == 0 {
		return ""
	}
	return fmt.Sprintf("%d %d %d", r.N, r.Period.Milliseconds(), r.Burst)
}

func parseRate(text string) (r broker.Rate) {
	var ms int64
	if n, _ := fmt.Sscanf(text, "%d %d %d", &r.N, &ms, &r.Burst); n < 3 {
		return broker.Rate{}
	}
	r.Period = time.Duration(ms) * time.Millisecond
	return r
}

// settingsOf reads the fields again.
func settingsOf(fields []any) (s broker.Settings) {
	for i := 0; i+1 < len(fields); i += 2 {
		r := reply(fields[i : i+2])
		value := r.string(1)
		switch name := r.string(0); name {
		case "version":
			s.Version, _ = strconv.ParseUint(value, 10, 64)
		case "paused":
			s.Paused = value == "1"
		case "closed":
			s.Closed = value == "1"
		case "max":
			s.MaxTasks, _ = strconv.ParseInt(value, 10, 64)
		case "bytes":
			s.MaxBytes, _ = strconv.ParseInt(value, 10, 64)
		case "dead":
			s.Dead = parseBounds(value)
		case "rate":
			s.Rate = parseRate(value)
		case "concurrency":
			s.Concurrency, _ = strconv.ParseInt(value, 10, 64)
		default:
			if group, ok := strings.CutPrefix(name, limitField); ok {
				if s.Groups == nil {
					s.Groups = map[string]broker.Limit{}
				}
				s.Groups[group] = parseLimit(value)
			}
		}
	}
	return s
}

// boundsText is how scripts read bounds: those that hold, then those that were
// set, which may be defaults one day.
func boundsText(b broker.Bounds) string {
	return figures(b.Effective()) + "/" + figures(b)
}

func figures(b broker.Bounds) string {
	age := int64(b.Age)
	if age > 0 {
		age = b.Age.Milliseconds()
	}
	return fmt.Sprintf("%d %d %d", b.Max, age, b.Bytes)
}

func parseBounds(text string) (b broker.Bounds) {
	_, set, _ := strings.Cut(text, "/")
	var age int64
	_, _ = fmt.Sscanf(set, "%d %d %d", &b.Max, &age, &b.Bytes)
	if b.Age = time.Duration(age); age > 0 {
		b.Age = time.Duration(age) * time.Millisecond
	}
	return b
}

func parseLimit(text string) (l broker.Limit) {
	parts := strings.Split(text, "/")
	if len(parts) != 4 {
		return l
	}
	l.Concurrency, _ = strconv.ParseInt(parts[0], 10, 64)
	l.Rate = parseRate(parts[1])
	l.KeyConcurrency, _ = strconv.ParseInt(parts[2], 10, 64)
	l.KeyRate = parseRate(parts[3])
	return l
}
