package scheduler

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/leader"
)

// A PromoterStore is the part of a broker that a promoter needs.
type PromoterStore interface {
	broker.Cycler
	leader.Store
	Queues(ctx context.Context, names ...string) ([]broker.QueueInfo, error)
}

// A Promoter moves tasks whose time has come to the lanes of queues that no worker
// serves, and those that the last one held when it died: where one does, its cycles do that. Of many promoters one works.
type Promoter struct {
	Store PromoterStore
	Name  string // of this process, as for a session
	Log   *slog.Logger
	Rest  time.Duration // a third of the leader's term

	// Interval is its longest sleep: due times that it knows wake it earlier. Default:
	// a second, and Rest while there is no such queue.
	Interval time.Duration

	// Batch is how many tasks one call of the store promotes; it is repeated while
	// more are due. Default and most: broker.PromoteBatch.
	Batch int
}

const (
	promoterEvery  = time.Second
	promoterFew    = 20                     // queues that can be looked at as often as that
	promoterClaims = 100                    // that are taken back in one look; each is one of the active tasks or more
	promoterShare  = 500 * time.Millisecond // for each one more, so that many cost no more than a few
)

// Run promotes until ctx ends.
func (p *Promoter) Run(ctx context.Context) {
	election := leader.New(leader.Config{Store: p.Store, Table: "leaders", Row: "promoter", Self: p.Name, TTL: 3 * p.Rest})
	timer := time.NewTimer(0)
	defer timer.Stop()
	var look time.Time
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), resignTimeout)
			defer cancel()
			_ = election.Resign(last) // else its row expires
			return
		case <-timer.C:
			timer.Reset(p.step(ctx, election, &look))
		}
	}
}

const resignTimeout = 300 * time.Millisecond

// step keeps the lead, promotes what is due if the time for a look has come, and
// returns how long there is nothing to do.
func (p *Promoter) step(ctx context.Context, election *leader.Election, look *time.Time) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	term, err := election.Campaign(ctx)
	if err != nil || term == 0 {
		return p.Rest
	}
	if now := time.Now(); !now.Before(*look) {
		*look = now.Add(p.look(ctx))
	}
	return min(time.Until(*look), p.Rest)
}

// look promotes what is due, and returns how long there is nothing to look at.
func (p *Promoter) look(ctx context.Context) (sleep time.Duration) {
	queues, err := p.Store.Queues(ctx)
	least := time.Duration(max(len(queues)-promoterFew, 0)) * promoterShare
	sleep = max(cmp.Or(p.Interval, p.Rest), least)
	for i := range queues {
		q := &queues[i]
		if err != nil || q.Scheduled+q.Active == 0 || q.Sessions > 0 {
			continue
		}
		var next time.Duration
		sleep = min(sleep, max(cmp.Or(p.Interval, promoterEvery), least))
		if next, err = p.promote(ctx, q); next > 0 {
			sleep = min(sleep, next)
		}
	}
	if err != nil && ctx.Err() == nil {
		p.Log.Debug("tasks that are due are not promoted", "error", err)
	}
	return sleep
}

// promote moves all that is due, batch by batch, and takes back what nobody holds any
// more, claim by claim; it returns when more will be to do, 0: it is not known.
func (p *Promoter) promote(ctx context.Context, q *broker.QueueInfo) (next time.Duration, err error) {
	for range q.Scheduled/int64(cmp.Or(p.Batch, broker.PromoteBatch)) + 1 + min(q.Active, promoterClaims) {
		grant, err := visit(ctx, p.Store, p.Name, q.Queue, p.Batch)
		if err != nil || grant.Again > 0 || !grant.More {
			return grant.Again, err
		}
	}
	return 0, nil
}
