package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A Final is what the store has when all is over.
type Final struct {
	States   map[string]broker.State // of every task in the ledgers
	Tokens   map[string]uint32       // by task: the run that brought the result
	Letters  []Letter
	Info     broker.QueueInfo
	Problems []string // of the audit
}

// A Letter is a dead letter.
type Letter struct {
	ID        string
	Reason    string
	Max, Lost int
	Kind      string
	Payload   []byte
}

// readFinal asks the store about every task that the ledgers know.
func readFinal(ctx context.Context, store broker.Broker, queue string, ids []string, token func([]byte) (uint32, bool)) (*Final, error) {
	f := &Final{States: map[string]broker.State{}, Tokens: map[string]uint32{}}
	for from := 0; from < len(ids); from += broker.MaxPage {
		if err := f.find(ctx, store, queue, ids[from:min(from+broker.MaxPage, len(ids))], token); err != nil {
			return nil, err
		}
	}
	infos, err := store.Queues(ctx, queue)
	if err != nil {
		return nil, err
	}
	f.Info = infos[0]
	return f, f.letters(ctx, store, queue)
}

func (f *Final) find(ctx context.Context, store broker.Broker, queue string, ids []string, token func([]byte) (uint32, bool)) error {
	refs := make([]broker.Ref, len(ids))
	for i, text := range ids {
		id, err := broker.ParseID(text)
		if err != nil {
			return fmt.Errorf("a ledger has the id %q: %w", text, err)
		}
		refs[i] = broker.Ref{Queue: queue, ID: id}
	}
	entries, err := store.Find(ctx, refs)
	for i, e := range entries {
		f.States[ids[i]] = e.State
		if t, ok := token(e.Result); ok && e.State == broker.StateDone {
			f.Tokens[ids[i]] = t
		}
	}
	return err
}

func (f *Final) letters(ctx context.Context, store broker.Broker, queue string) error {
	q := broker.ListQuery{Queue: queue, State: broker.StateDead, Limit: broker.MaxPage}
	for {
		page, err := store.List(ctx, q)
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			l := Letter{ID: e.ID.String(), Reason: e.Reason}
			if m := e.Message; m != nil {
				l.Max, l.Lost, l.Kind, l.Payload = int(m.Max), int(m.Lost), m.Kind, m.Payload
			}
			f.Letters = append(f.Letters, l)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

// sweep has the store forget the sessions of those who vanished, as the next
// worker would, and ends its own.
func sweep(ctx context.Context, store broker.Broker, queue string) error {
	c := broker.Cycle{Session: broker.Session{Worker: "sweeper", Queue: queue}, Lease: broker.MinLease}
	for {
		c.Seq++
		grant, err := store.Cycle(ctx, c)
		if err != nil {
			return fmt.Errorf("sweeping: %w", err)
		}
		infos, err := store.Queues(ctx, queue)
		if err != nil {
			return err
		}
		if n := infos[0]; n.Sessions <= 1 {
			c.Seq++
			c.Leave = true
			_, err := store.Cycle(ctx, c)
			return err
		}
		if err := sleep(ctx, max(20*time.Millisecond, min(grant.Again, 100*time.Millisecond))); err != nil {
			return errors.Join(errors.New("sessions remain that nobody forgets"), err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
