package leader_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
	"github.com/tqgen/taskqueue/runtime/internal/leader"
)

const ttl = 3 * time.Second

// A flaky store loses answers, or does not do what it is asked to do.
type flaky struct {
	broker.Broker
	lose, away bool
}

var errAway = errors.New("away")

func (f *flaky) Put(ctx context.Context, table string, r broker.Record) (uint64, error) {
	if f.away {
		return 0, errAway
	}
	version, err := f.Broker.Put(ctx, table, r)
	if f.lose {
		return 0, errAway
	}
	return version, err
}

func bubble(t *testing.T, f func(t *testing.T, store *flaky)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store := &flaky{Broker: membroker.New(membroker.Config{})}
		t.Cleanup(func() { _ = store.Close() })
		f(t, store)
	})
}

func join(store leader.Store, self string) *leader.Election {
	return leader.New(leader.Config{Store: store, Table: "leaders", Row: "fleet", Self: self, TTL: ttl})
}

func campaign(t *testing.T, e *leader.Election) uint64 {
	t.Helper()
	term, err := e.Campaign(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return term
}

// At no time more than one leads, and terms rise, while leaders come and go.
func TestOneLeadsAtATime(t *testing.T) {
	bubble(t, func(t *testing.T, store *flaky) {
		var all []*leader.Election
		for i := range 5 {
			all = append(all, join(store, fmt.Sprint("p", i)))
		}
		var terms []uint64
		for step := range 600 {
			dead := step / 100 // the first ones have died
			var leading []uint64
			for i := dead; i < len(all); i++ {
				campaign(t, all[i])
			}
			for _, e := range all {
				if term := e.Term(); term > 0 {
					leading = append(leading, term)
				}
			}
			if len(leading) > 1 {
				t.Fatalf("step %d: %v lead", step, leading)
			}
			if len(leading) == 1 && (len(terms) == 0 || terms[len(terms)-1] != leading[0]) {
				terms = append(terms, leading[0])
			}
			time.Sleep(100 * time.Millisecond)
		}
		if len(terms) != 5 {
			t.Errorf("terms %v; 5 processes led, one after the other", terms)
		}
		for i := 1; i < len(terms); i++ {
			if terms[i] <= terms[i-1] {
				t.Errorf("terms %v do not rise", terms)
			}
		}
	})
}

func TestResign(t *testing.T) {
	bubble(t, func(t *testing.T, store *flaky) {
		a, b := join(store, "a"), join(store, "b")
		first := campaign(t, a)
		if first == 0 || campaign(t, b) != 0 || b.Leader() != "a" {
			t.Fatalf("term %d, leader %q", first, b.Leader())
		}
		if err := a.Resign(t.Context()); err != nil || a.Term() != 0 {
			t.Fatal(err, a.Term())
		}
		time.Sleep(ttl / 3)
		if second := campaign(t, b); second <= first || campaign(t, a) != 0 {
			t.Errorf("terms %d, then %d", first, second)
		}
		if err := a.Resign(t.Context()); err != nil || b.Term() == 0 {
			t.Error("one who does not lead resigns:", err)
		}
	})
}

// A lost answer makes nobody wait for the row of a ghost.
func TestLostAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, store *flaky) {
		a := join(store, "a")
		store.lose = true
		if term, err := a.Campaign(t.Context()); term != 0 || !errors.Is(err, errAway) {
			t.Fatal(term, err)
		}
		store.lose = false
		term := campaign(t, a)
		if term == 0 {
			t.Fatal("it does not know its own row")
		}
		time.Sleep(ttl / 3)
		if again := campaign(t, a); again != term {
			t.Errorf("term %d, then %d: a reign has one", term, again)
		}
	})
}

// A leader that does not reach the store leads until its time is up.
func TestOutage(t *testing.T) {
	bubble(t, func(t *testing.T, store *flaky) {
		a := join(store, "a")
		term := campaign(t, a)
		store.away = true
		time.Sleep(ttl / 3)
		if now, err := a.Campaign(t.Context()); now != term || !errors.Is(err, errAway) {
			t.Error(now, err)
		}
		time.Sleep(ttl - ttl/3)
		if a.Term() != 0 {
			t.Error("it still leads, though another one may")
		}
		store.away = false
		if again := campaign(t, a); again <= term {
			t.Errorf("term %d, then %d: the row had expired", term, again)
		}
	})
}

// It costs three calls a TTL, however often it is looked at.
func TestCost(t *testing.T) {
	bubble(t, func(t *testing.T, store *flaky) {
		counted := &counter{Store: store}
		a := join(counted, "a")
		for range 3000 {
			campaign(t, a)
			time.Sleep(10 * time.Millisecond)
		}
		if counted.puts > 31 {
			t.Errorf("%d puts in ten TTLs", counted.puts)
		}
	})
}

type counter struct {
	leader.Store
	puts int
}

func (c *counter) Put(ctx context.Context, table string, r broker.Record) (uint64, error) {
	c.puts++
	return c.Store.Put(ctx, table, r)
}
