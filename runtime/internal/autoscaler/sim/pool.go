package sim

const (
	starting = iota
	ready
	draining
	gone
)

// A worker may be up or not; one that is gone may come again under the same
// number, with a new generation.
type worker struct {
	state      uint8
	busy       int
	asked      float64
	generation int32
}

// A pool is the workers and how many are in which state.
type pool struct {
	workers                   []worker
	idle                      []int32 // free workers of one slot, the last first
	ready, starting, draining int
}

func (p *pool) target() int { return p.ready + p.starting }
func (p *pool) size() int   { return p.ready + p.starting + p.draining }

// manyWorkers is from how many on the numbers of gone workers are used again.
const manyWorkers = 2000

func (p *pool) number() int32 {
	if len(p.workers) > manyWorkers {
		for i := range p.workers {
			if p.workers[i].state == gone {
				return int32(i)
			}
		}
	}
	p.workers = append(p.workers, worker{})
	return int32(len(p.workers) - 1)
}

// pick finds a worker for a task: the one that was freed last or, with several
// slots each, the one with the least to do. It is -1 if all are busy.
func (p *pool) pick(slots int) int32 {
	if slots == 1 {
		for n := len(p.idle); n > 0; n = len(p.idle) {
			i := p.idle[n-1]
			p.idle = p.idle[:n-1]
			if w := &p.workers[i]; w.state == ready && w.busy == 0 {
				return i
			}
		}
		return -1
	}
	best := int32(-1)
	for i := range p.workers {
		w := &p.workers[i]
		if w.state == ready && w.busy < slots && (best < 0 || w.busy < p.workers[best].busy) {
			best = int32(i)
		}
	}
	return best
}

// resize asks for workers or lets some go: those in start-up first, then the
// idle ones, then the least busy.
func (r *run) resize(n int) {
	n = max(r.tr.Min, min(r.tr.Max, n))
	for r.pool.target() < n {
		r.ask()
	}
	surplus := r.pool.target() - n
	if surplus <= 0 {
		return
	}
	surplus = r.pool.cancel(surplus)
	for busy := 0; busy <= r.tr.Slots && surplus > 0; busy++ {
		surplus = r.pool.release(surplus, busy)
	}
	r.pool.forgetIdle(r.tr.Slots)
}

func (r *run) ask() {
	delay := r.tr.StartLo
	if r.tr.StartHi > r.tr.StartLo {
		delay += r.random.Float64() * (r.tr.StartHi - r.tr.StartLo)
	}
	i := r.pool.number()
	w := &r.pool.workers[i]
	*w = worker{state: starting, asked: r.now, generation: w.generation + 1}
	r.pool.starting++
	if delay <= 0 {
		r.up(i)
		return
	}
	r.events.add(event{at: r.now + delay, worker: i, generation: w.generation, kind: workerUp})
}

func (r *run) up(i int32) {
	w := &r.pool.workers[i]
	w.state = ready
	r.pool.starting--
	r.pool.ready++
	r.seen.StartupSeconds += r.now - w.asked
	r.seen.Startups++
	if r.tr.Slots == 1 {
		r.pool.idle = append(r.pool.idle, i)
	}
}

func (p *pool) cancel(surplus int) (left int) {
	for i := len(p.workers) - 1; i >= 0 && surplus > 0; i-- {
		if w := &p.workers[i]; w.state == starting {
			w.state = gone
			w.generation++
			p.starting--
			surplus--
		}
	}
	return surplus
}

// release lets ready workers go that have just so many tasks.
func (p *pool) release(surplus, busy int) (left int) {
	for i := len(p.workers) - 1; i >= 0 && surplus > 0; i-- {
		w := &p.workers[i]
		if w.state != ready || w.busy != busy {
			continue
		}
		p.ready--
		w.state = gone
		if busy > 0 {
			w.state = draining
			p.draining++
		}
		surplus--
	}
	return surplus
}

func (p *pool) forgetIdle(slots int) {
	if slots != 1 {
		return
	}
	free := p.idle[:0]
	for _, i := range p.idle {
		if w := &p.workers[i]; w.state == ready && w.busy == 0 {
			free = append(free, i)
		}
	}
	p.idle = free
}
