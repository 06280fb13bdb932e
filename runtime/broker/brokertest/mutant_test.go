package brokertest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A mutant is a store that is wrong in what its functions do; those left nil
// do right.
type mutant struct {
	broker.Broker
	enqueue func(m []broker.Message) ([]broker.Receipt, error)
	cycle   func(c broker.Cycle) (broker.Grant, error)
	find    func(e *broker.Entry)
	list    func(p *broker.Page)
	watch   func(e broker.Event) bool
	limit   func(l *broker.Limit)
	change  func(s *broker.Settings)
	told    broker.Settings

	careless bool // about the versions of settings
}

// Configure changes the limits of groups, and takes that back in what it tells.
func (m *mutant) Configure(ctx context.Context, queue string, s broker.Settings) error {
	if m.limit != nil {
		m.told = s.Normal()
		groups := maps.Clone(s.Groups)
		for name, l := range groups {
			m.limit(&l)
			groups[name] = l
		}
		s.Groups = groups
	}
	if m.change != nil {
		m.told = s.Normal()
		m.change(&s)
	}
	if m.careless {
		s.Version = 0
	}
	return m.Broker.Configure(ctx, queue, s)
}

func (m *mutant) Queues(ctx context.Context, names ...string) ([]broker.QueueInfo, error) {
	infos, err := m.Broker.Queues(ctx, names...)
	for i := range infos {
		if m.limit != nil || m.change != nil {
			version := infos[i].Settings.Version
			infos[i].Settings = m.told
			infos[i].Settings.Version = version
		}
	}
	return infos, err
}

func (m *mutant) Enqueue(ctx context.Context, all []broker.Message) ([]broker.Receipt, error) {
	if m.enqueue == nil {
		return m.Broker.Enqueue(ctx, all)
	}
	return m.enqueue(slices.Clone(all))
}

func (m *mutant) Cycle(ctx context.Context, c broker.Cycle) (broker.Grant, error) {
	if m.cycle == nil {
		return m.Broker.Cycle(ctx, c)
	}
	c.Settle = slices.Clone(c.Settle)
	return m.cycle(c)
}

func (m *mutant) Find(ctx context.Context, refs []broker.Ref) ([]broker.Entry, error) {
	entries, err := m.Broker.Find(ctx, refs)
	for i := range entries {
		if m.find != nil {
			m.find(&entries[i])
		}
	}
	return entries, err
}

func (m *mutant) List(ctx context.Context, q broker.ListQuery) (broker.Page, error) {
	p, err := m.Broker.List(ctx, q)
	if m.list != nil {
		m.list(&p)
	}
	return p, err
}

func (m *mutant) Watch(ctx context.Context, queue string, ready func(), f func(broker.Event)) error {
	return m.Broker.Watch(ctx, queue, ready, func(e broker.Event) {
		if m.watch == nil || m.watch(e) {
			f(e)
		}
	})
}

// asks makes a mutant that changes each cycle before it is carried out.
func asks(change func(*broker.Cycle)) func(broker.Broker) broker.Broker {
	return func(b broker.Broker) broker.Broker {
		return &mutant{Broker: b, cycle: func(c broker.Cycle) (broker.Grant, error) {
			change(&c)
			return b.Cycle(context.Background(), c)
		}}
	}
}

// answers makes a mutant that changes each answer.
func answers(change func(b broker.Broker, c broker.Cycle, g *broker.Grant, err error) error) func(broker.Broker) broker.Broker {
	return func(b broker.Broker) broker.Broker {
		return &mutant{Broker: b, cycle: func(c broker.Cycle) (broker.Grant, error) {
			g, err := b.Cycle(context.Background(), c)
			err = change(b, c, &g, err)
			return g, err
		}}
	}
}

// enqueues makes a mutant that changes how messages get in.
func enqueues(f func(b broker.Broker, all []broker.Message) ([]broker.Receipt, error)) func(broker.Broker) broker.Broker {
	return func(b broker.Broker) broker.Broker {
		return &mutant{Broker: b, enqueue: func(all []broker.Message) ([]broker.Receipt, error) { return f(b, all) }}
	}
}

// eachMessage makes a mutant that changes what gets in.
func eachMessage(change func(*broker.Message)) func(broker.Broker) broker.Broker {
	return enqueues(func(b broker.Broker, all []broker.Message) ([]broker.Receipt, error) {
		for i := range all {
			change(&all[i])
		}
		return b.Enqueue(context.Background(), all)
	})
}

// configures makes a mutant that changes the limits of groups.
func configures(change func(*broker.Limit)) func(broker.Broker) broker.Broker {
	return func(b broker.Broker) broker.Broker {
		return &mutant{Broker: b, limit: func(l *broker.Limit) {
			change(l)
			for _, r := range []*broker.Rate{&l.Rate, &l.KeyRate} {
				if r.N == 0 {
					*r = broker.Rate{}
				}
			}
		}}
	}
}

// bounds makes a mutant that changes settings, and takes that back in what it tells.
func bounds(change func(*broker.Settings)) func(broker.Broker) broker.Broker {
	return func(b broker.Broker) broker.Broker { return &mutant{Broker: b, change: change} }
}

// eachSettle makes a mutant that changes settles.
func eachSettle(change func(*broker.Settle)) func(broker.Broker) broker.Broker {
	return asks(func(c *broker.Cycle) {
		for i := range c.Settle {
			l := *c.Settle[i].Lease
			c.Settle[i].Lease = &l
			change(&c.Settle[i])
		}
	})
}

var mutants = map[string]func(broker.Broker) broker.Broker{
	"a settle is dropped":               asks(func(c *broker.Cycle) { c.Settle = c.Settle[:min(len(c.Settle), 4)] }),
	"the last settle of a lease counts": asks(func(c *broker.Cycle) { slices.Reverse(c.Settle) }),
	"suspects come unasked":             asks(func(c *broker.Cycle) { c.Want.Suspects = true }),
	"a lease lasts a millisecond more":  asks(func(c *broker.Cycle) { c.Lease += time.Millisecond }),
	"a lease is rounded up":             asks(func(c *broker.Cycle) { c.Lease = (c.Lease + time.Millisecond - 1).Truncate(time.Millisecond) }),
	"who leaves claims": asks(func(c *broker.Cycle) {
		if c.Leave {
			c.Leave, c.Want.Suspects = false, true
		}
	}),
	"a repeat renews nothing": repeatsFromMemory,
	"a stale cycle is answered": answers(func(_ broker.Broker, _ broker.Cycle, _ *broker.Grant, err error) error {
		if errors.Is(err, broker.ErrStale) {
			return nil
		}
		return err
	}),
	"a fenced session begins again by itself": answers(func(b broker.Broker, c broker.Cycle, g *broker.Grant, err error) error {
		if !errors.Is(err, broker.ErrFenced) {
			return err
		}
		c.Seq = 1
		*g, err = b.Cycle(context.Background(), c)
		return err
	}),
	"losses are forgotten": eachSettle(func(s *broker.Settle) { s.Lease.Lost = 0 }),
	"a retry loses its retention": eachSettle(func(s *broker.Settle) {
		if s.Outcome == broker.Retry {
			s.Lease.Retention = 0
		}
	}),
	"a retry with a delay is a millisecond late": eachSettle(func(s *broker.Settle) {
		if s.After > 0 {
			s.After += time.Millisecond
		}
	}),
	"a claim forgets the session's other claims": asks(func(c *broker.Cycle) {
		c.Settle = slices.DeleteFunc(c.Settle, func(s broker.Settle) bool { return s.Lease.Claim+1 < c.Seq })
	}),
	"there is never more": answers(func(_ broker.Broker, _ broker.Cycle, g *broker.Grant, err error) error {
		g.More = g.More && g.Again == 0 && len(g.Leases) == 0
		return err
	}),
	"lanes are served in one order only":  servesInOneOrder,
	"a task is lost when a worker leaves": losesOnLeave,
	"equal expiries go by the wrong name": asks(func(c *broker.Cycle) {
		name := []byte(c.Session.Worker)
		for i, b := range name {
			name[i] = "zyxwvutsrqponmlkjihgfedcba9876543210"[slices.Index([]byte("0123456789abcdefghijklmnopqrstuvwxyz"), b)]
		}
		c.Session.Worker = string(name)
	}),
	"a batch gets in backwards": enqueues(backwards),
	"keys are ignored":          eachMessage(func(m *broker.Message) { m.Key = "" }),
	"groups are ignored":        eachMessage(func(m *broker.Message) { m.Group, m.Key = "", "" }),
	"a burst is one more":       configures(func(l *broker.Limit) { l.Rate.Burst = max(l.Rate.Burst, 1) + 1 }),
	"a key's rate is its group's": configures(func(l *broker.Limit) {
		l.Rate, l.KeyRate = l.KeyRate, l.Rate
	}),
	"a key's concurrency is ignored": configures(func(l *broker.Limit) { l.KeyConcurrency = 0 }),
	"a concurrency is ignored":       configures(func(l *broker.Limit) { l.Concurrency = 0 }),
	"a unique key is ignored": enqueues(func(b broker.Broker, all []broker.Message) ([]broker.Receipt, error) {
		receipts, err := b.Enqueue(context.Background(), all)
		for _, r := range receipts {
			m := all[r.Index]
			m.Unique = broker.Unique{}
			_, _ = b.Enqueue(context.Background(), []broker.Message{m})
		}
		return nil, err
	}),
	"a repeat under its own id is a duplicate": forgetsWhoHolds,
	"results get lost": func(b broker.Broker) broker.Broker {
		return &mutant{Broker: b, find: func(e *broker.Entry) { e.Result = nil }}
	},
	"a list ends with its first page": func(b broker.Broker) broker.Broker {
		return &mutant{Broker: b, list: func(p *broker.Page) { p.Next = "" }}
	},
	"a parked task spends an attempt": eachSettle(func(s *broker.Settle) {
		if s.Outcome == broker.Park {
			s.Outcome, s.After = broker.Retry, time.Hour
		}
	}),
	"a parked task is given back": eachSettle(func(s *broker.Settle) {
		if s.Outcome == broker.Park {
			s.Outcome, s.After = broker.Release, 0
		}
	}),
	"parked tasks stay":              asks(func(c *broker.Cycle) { c.Unpark = nil }),
	"versions of shapes are ignored": asks(func(c *broker.Cycle) { unparkAnyVersion(c) }),
	"parked shapes are not told": answers(func(_ broker.Broker, _ broker.Cycle, g *broker.Grant, err error) error {
		g.Parked = nil
		return err
	}),
	"a mark is not told again": answers(func(_ broker.Broker, c broker.Cycle, g *broker.Grant, err error) error {
		if len(c.Settle) == 0 {
			g.Cancelled = nil
		}
		return err
	}),
	"progress is forgotten": func(b broker.Broker) broker.Broker {
		return &mutant{Broker: b, find: func(e *broker.Entry) { e.Progress = nil }}
	},
	"bytes are not bounded":             bounds(func(s *broker.Settings) { s.MaxBytes = 0 }),
	"dead letters do not age":           bounds(func(s *broker.Settings) { s.Dead.Age = -1 }),
	"dead letters of any size are kept": bounds(func(s *broker.Settings) { s.Dead.Bytes = -1 }),
	"one dead letter more is kept": bounds(func(s *broker.Settings) {
		if s.Dead.Max > 0 {
			s.Dead.Max++
		}
	}),
	"settings are replaced at any version": func(b broker.Broker) broker.Broker {
		return &mutant{Broker: b, careless: true}
	},
	"deaths are not told": func(b broker.Broker) broker.Broker {
		return &mutant{Broker: b, watch: func(e broker.Event) bool { return e.State != broker.StateDead }}
	},
}

func unparkAnyVersion(c *broker.Cycle) {
	var all []broker.Shape
	for _, s := range c.Unpark {
		for version := range uint16(4) {
			all = append(all, broker.Shape{Kind: s.Kind, Version: version})
		}
	}
	c.Unpark = all
}

func backwards(b broker.Broker, all []broker.Message) ([]broker.Receipt, error) {
	slices.Reverse(all)
	receipts, err := b.Enqueue(context.Background(), all)
	for i := range receipts {
		receipts[i].Index = len(all) - 1 - receipts[i].Index
	}
	slices.Reverse(receipts)
	return receipts, err
}

func forgetsWhoHolds(b broker.Broker) broker.Broker {
	in := map[broker.ID]bool{}
	return &mutant{Broker: b, enqueue: func(all []broker.Message) ([]broker.Receipt, error) {
		receipts, err := b.Enqueue(context.Background(), all)
		for i := range all {
			refused := slices.ContainsFunc(receipts, func(r broker.Receipt) bool { return r.Index == i })
			if in[all[i].ID] && !refused {
				receipts = append(receipts, broker.Receipt{Index: i, Existing: all[i].ID, Err: broker.ErrDuplicate})
			}
			in[all[i].ID] = in[all[i].ID] || !refused
		}
		return receipts, err
	}}
}

func repeatsFromMemory(b broker.Broker) broker.Broker {
	type answer struct {
		seq   uint64
		grant broker.Grant
	}
	last := map[broker.Session]answer{}
	return &mutant{Broker: b, cycle: func(c broker.Cycle) (broker.Grant, error) {
		if a := last[c.Session]; a.seq == c.Seq && c.Seq > 1 && !c.Leave {
			return a.grant, nil
		}
		g, err := b.Cycle(context.Background(), c)
		if err == nil {
			last[c.Session] = answer{c.Seq, g}
		}
		return g, err
	}}
}

// servesInOneOrder numbers cycles so that none is divisible by the interval.
func servesInOneOrder(b broker.Broker) broker.Broker {
	spread := func(seq uint64) uint64 { return seq + (seq-1)/(broker.FairnessInterval-1) }
	return &mutant{Broker: b, cycle: func(c broker.Cycle) (broker.Grant, error) {
		for i, s := range c.Settle {
			l := *s.Lease
			l.Claim = spread(l.Claim)
			c.Settle[i].Lease = &l
		}
		seq := c.Seq
		c.Seq = spread(seq)
		g, err := b.Cycle(context.Background(), c)
		for i := range g.Leases {
			g.Leases[i].Claim = seq
		}
		return g, err
	}}
}

// losesOnLeave discards one of the tasks that a leaving worker holds.
func losesOnLeave(b broker.Broker) broker.Broker {
	held := map[broker.Session]map[broker.ID]broker.Lease{}
	return &mutant{Broker: b, cycle: func(c broker.Cycle) (broker.Grant, error) {
		mine := held[c.Session]
		for _, s := range c.Settle {
			delete(mine, s.Lease.ID)
		}
		if c.Leave {
			for _, l := range mine {
				c.Settle = append(c.Settle, broker.Settle{Lease: &l, Outcome: broker.Discard})
				break
			}
		}
		g, err := b.Cycle(context.Background(), c)
		if mine == nil {
			mine = map[broker.ID]broker.Lease{}
			held[c.Session] = mine
		}
		for _, l := range g.Leases {
			mine[l.ID] = l
		}
		return g, err
	}}
}
