package encrypt

import (
	"context"
	"log/slog"
	"slices"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Config says what is sealed.
type Config struct {
	Keys   *Keys        // required
	Kinds  []string     // the wire names of what is sealed; default: every kind
	Logger *slog.Logger // of what does not open; default slog.Default()
}

// A Store seals what goes into another store, and opens what comes out of it. It is
// safe for concurrent use.
type Store struct {
	broker.Broker
	keys  *Keys
	kinds []string
	log   *slog.Logger
}

var _ broker.Broker = (*Store)(nil)

// New stands before a store, which its Close closes. Without keys nothing can be
// sealed, so that every message is refused.
func New(store broker.Broker, c Config) *Store {
	s := &Store{Broker: store, keys: c.Keys, kinds: slices.Clone(c.Kinds), log: c.Logger}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.keys == nil {
		s.keys = &Keys{}
	}
	return s
}

// Enqueue implements broker.Queue.
func (s *Store) Enqueue(ctx context.Context, messages []broker.Message) ([]broker.Receipt, error) {
	if len(s.keys.all) == 0 {
		_, err := NewKeys()
		return nil, err
	}
	messages = slices.Clone(messages)
	for i := range messages {
		s.seal(&messages[i])
	}
	return s.Broker.Enqueue(ctx, messages)
}

// Cycle implements broker.Queue.
func (s *Store) Cycle(ctx context.Context, c broker.Cycle) (broker.Grant, error) {
	c.Settle = slices.Clone(c.Settle)
	for i := range c.Settle {
		s.settle(&c.Settle[i])
	}
	grant, err := s.Broker.Cycle(ctx, c)
	for i := range grant.Leases {
		s.reveal(&grant.Leases[i].Message)
	}
	return grant, err
}

// settle seals what a run leaves behind: its result, or its task, which goes back.
func (s *Store) settle(e *broker.Settle) {
	if e.Lease == nil || len(s.keys.all) == 0 {
		return
	}
	if e.Outcome == broker.Done {
		if len(e.Result) > 0 && s.seals(e.Lease.Kind) {
			e.Result = s.keys.seal(e.Result, resultOf(e.Lease.ID))
		}
		return
	}
	lease := *e.Lease
	s.seal(&lease.Message)
	e.Lease = &lease
}

// Find implements broker.Inspector.
func (s *Store) Find(ctx context.Context, refs []broker.Ref) ([]broker.Entry, error) {
	entries, err := s.Broker.Find(ctx, refs)
	s.revealAll(entries)
	return entries, err
}

// List implements broker.Inspector.
func (s *Store) List(ctx context.Context, q broker.ListQuery) (broker.Page, error) {
	page, err := s.Broker.List(ctx, q)
	s.revealAll(page.Entries)
	return page, err
}

func (s *Store) revealAll(entries []broker.Entry) {
	for i := range entries {
		e := &entries[i]
		if e.Message != nil {
			m := *e.Message
			s.reveal(&m)
			e.Message = &m
		}
		if sealed(e.Result) {
			e.Result = s.text(e.Result, resultOf(e.ID), e.ID)
		}
	}
}

func (s *Store) seals(kind string) bool {
	return len(s.kinds) == 0 || slices.Contains(s.kinds, kind)
}

// seal hides a payload, unless it is hidden: what did not open goes back as it came.
func (s *Store) seal(m *broker.Message) {
	if s.seals(m.Kind) && !sealed(m.Payload) {
		m.Payload = s.keys.seal(m.Payload, payloadOf(m))
	}
}

func (s *Store) reveal(m *broker.Message) {
	if sealed(m.Payload) {
		m.Payload = s.text(m.Payload, payloadOf(m), m.ID)
	}
}

// text is what was sealed, or that itself if it does not open.
func (s *Store) text(b []byte, purpose string, id broker.ID) []byte {
	text, err := s.keys.open(b, purpose)
	if err != nil {
		s.log.Error("what was sealed does not open", "id", id, "error", err)
		return b
	}
	return text
}

func payloadOf(m *broker.Message) string { return "payload " + m.Kind + " " + string(m.ID[:]) }

func resultOf(id broker.ID) string { return "result " + string(id[:]) }
