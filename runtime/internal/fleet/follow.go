package fleet

import (
	"context"
	"time"

	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// follow takes this process's share of the plan.
func (p *Process) follow(ctx context.Context, now time.Time, v *View) {
	me, _ := v.find(p.Name)
	shares := v.shares(p.plan.Desired)
	p.move(ctx, now, v, shares, p.plan.Max)
	limits := make([]int, len(p.Kinds))
	for k, kind := range p.Kinds {
		limits[k] = worker.NoCap
		for _, c := range p.plan.Decision.Caps {
			if c.Type == kind {
				limits[k] = Split(c.Limit, shares)[me]
			}
		}
	}
	p.Engine.Cap(limits)
}

// shares are the workers of all members, in their order, of a total.
func (v *View) shares(total int) []int {
	weights, capacity := make([]int, len(v.Members)), 0
	for i := range v.Members {
		weights[i] = v.Members[i].Capacity
		capacity += weights[i]
	}
	return Split(min(total, capacity), weights)
}

// workers are those that members have said they have.
func (v *View) workers() (n int) {
	for i := range v.Members {
		n += v.Members[i].Workers
	}
	return n
}

// move goes towards this process's share. There are never more workers than most
// altogether: one that has less than its share grows into what others have given
// up, and says so before it does.
func (p *Process) move(ctx context.Context, now time.Time, v *View, shares []int, most int) {
	me, _ := v.find(p.Name)
	want := shares[me]
	if now.Before(p.growFrom) { // others may have had its workers meanwhile
		want = min(want, p.workers, max(0, most-(v.workers()-p.workers)))
	}
	switch {
	case want < p.workers:
		p.resize(want)
		_ = p.announce(ctx, want) // others grow later if this is lost
	case want > p.workers:
		p.grow(ctx, p.room(v, shares, most), most)
	}
}

// room is how many workers more this process may have: where there is not enough
// for all that lack some, its part.
func (p *Process) room(v *View, shares []int, most int) int {
	me, _ := v.find(p.Name)
	lacks, total := make([]int, len(shares)), 0
	for i := range shares {
		lacks[i] = max(0, shares[i]-v.Members[i].Workers)
		total += lacks[i]
	}
	free := max(0, most-v.workers())
	if total <= free {
		return lacks[me]
	}
	return Split(free, lacks)[me]
}

// grow announces more workers, looks whether another process did so at the same
// time, and takes what is left. Of two that announce, at least one sees the other.
func (p *Process) grow(ctx context.Context, more, most int) {
	if more <= 0 || p.announce(ctx, p.workers+more) != nil {
		return
	}
	v, err := p.book.Read(ctx)
	if err != nil {
		return // the next announcement takes it back
	}
	over := max(0, v.workers()-most)
	p.resize(p.workers + max(0, more-over))
	if over > 0 {
		_ = p.announce(ctx, p.workers)
	}
}
