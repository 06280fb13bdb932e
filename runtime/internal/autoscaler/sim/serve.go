package sim

import (
	"math"
	"slices"
)

// admit gives a task of the trace a number.
func (r *run) admit(in *Task) int32 {
	if n := len(r.unused); n > 0 {
		id := r.unused[n-1]
		r.unused = r.unused[:n-1]
		r.tasks[id] = attempt{in: in, generation: r.tasks[id].generation + 1}
		return id
	}
	r.tasks = append(r.tasks, attempt{in: in})
	return int32(len(r.tasks) - 1)
}

func (r *run) enqueue(id int32) {
	a := &r.tasks[id]
	a.ready = r.now
	r.queues[a.in.Queue].push(id)
	r.queued[a.in.Queue][a.in.Type]++
}

// mayRun says that no cap holds a type back.
func (r *run) mayRun(t int) bool { return r.limits[t] == 0 || r.running[t] < r.limits[t] }

// parkedRuns is a type that caps held back and do no longer, or -1.
func (r *run) parkedRuns() int {
	for t := range r.parked {
		if r.parked[t].len() > 0 && r.mayRun(t) {
			return t
		}
	}
	return -1
}

// take is the next task to run: those that were held back first, then by
// priority. Tasks over a cap are set aside.
func (r *run) take() (id int32, ok bool) {
	if t := r.parkedRuns(); t >= 0 {
		return r.parked[t].pop(), true
	}
	for q := range r.queues {
		for r.queues[q].len() > 0 {
			id := r.queues[q].pop()
			t := int(r.tasks[id].in.Type)
			r.queued[q][t]--
			if r.mayRun(t) {
				return id, true
			}
			r.parked[t].push(id)
		}
	}
	return 0, false
}

func (r *run) waiting() bool {
	return r.queues[High].len()+r.queues[Default].len()+r.queues[Low].len() > 0 || r.parkedRuns() >= 0
}

// dispatch gives tasks to free workers.
func (r *run) dispatch() {
	for r.waiting() {
		w := r.pool.pick(r.tr.Slots)
		if w < 0 {
			return
		}
		id, ok := r.take()
		if !ok {
			if r.tr.Slots == 1 {
				r.pool.idle = append(r.pool.idle, w)
			}
			return
		}
		r.start(id, w)
	}
}

func (r *run) start(id, w int32) {
	a := &r.tasks[id]
	in := a.in
	r.waited(a, r.now-a.ready)
	a.number++
	a.begun = r.now
	r.pool.workers[w].busy++
	r.busy++
	r.running[in.Type]++
	service := r.serviceNow(in)
	a.served += service
	r.memory += float64(in.MemoryMB)
	r.peak = math.Max(r.peak, r.memory)
	r.events.add(event{at: r.now + service, task: id, worker: w, generation: a.generation, kind: taskDone})
	if r.tr.MemLimit <= 0 {
		return
	}
	if r.runs == nil {
		r.runs = map[int32]bool{}
	}
	r.runs[id] = true
	if r.memory+r.idleMemory() > r.tr.MemLimit {
		r.kill()
	}
}

// serviceNow is how long an attempt takes that starts now.
func (r *run) serviceNow(in *Task) float64 {
	service := float64(in.Service)
	if out := r.outage(); out != nil && in.Type == 0 {
		if calls := float64(r.running[0]); calls > out.Capacity {
			service *= calls / out.Capacity
		}
	}
	if r.tr.Timeout > 0 {
		service = math.Min(service, r.tr.Timeout)
	}
	return service
}

func (r *run) outage() *Outage {
	for i := range r.tr.Outages {
		if o := &r.tr.Outages[i]; r.now >= o.From && r.now < o.To {
			return o
		}
	}
	return nil
}

// restart is how long workers take to come back after their process was killed.
const restart = 15

// kill is what happens over the memory limit: the running attempts are lost and
// delivered again, the workers start again.
func (r *run) kill() {
	r.result.Kills++
	ids := make([]int32, 0, len(r.runs))
	for id := range r.runs {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		a := &r.tasks[id]
		a.generation++
		r.running[a.in.Type]--
		r.busy--
		r.memory -= float64(a.in.MemoryMB)
		r.enqueue(id)
	}
	clear(r.runs)
	r.pool.idle = r.pool.idle[:0]
	for i := range r.pool.workers {
		r.killWorker(int32(i))
	}
}

func (r *run) killWorker(i int32) {
	w := &r.pool.workers[i]
	switch w.state {
	case ready:
		*w = worker{state: starting, asked: r.now, generation: w.generation + 1}
		r.pool.ready--
		r.pool.starting++
		r.events.add(event{at: r.now + restart, worker: i, generation: w.generation, kind: workerUp})
	case draining:
		w.busy, w.state = 0, gone
		r.pool.draining--
	}
}

// finishAttempt ends an attempt, well or not.
func (r *run) finishAttempt(e event) {
	a := &r.tasks[e.task]
	r.leave(e, a)
	took := r.now - a.begun
	if r.fails(a.in) || r.tr.Timeout > 0 && took >= r.tr.Timeout-1e-9 {
		r.seen.FailedService[a.in.Type] += took
		r.failed(e.task, a)
		return
	}
	t := a.in.Type
	r.seen.Done[t]++
	r.seen.Service[t] += took
	r.seen.ServiceSquare[t] += took * took
	r.done(a)
	r.unused = append(r.unused, e.task)
	a.generation++
}

// leave frees the slot.
func (r *run) leave(e event, a *attempt) {
	r.busy--
	r.running[a.in.Type]--
	r.memory -= float64(a.in.MemoryMB)
	delete(r.runs, e.task)
	w := &r.pool.workers[e.worker]
	w.busy--
	switch {
	case w.state != draining:
		if r.tr.Slots == 1 {
			r.pool.idle = append(r.pool.idle, e.worker)
		}
	case w.busy == 0:
		w.state = gone
		r.pool.draining--
	}
}

func (r *run) fails(in *Task) bool {
	out := r.outage()
	return out != nil && in.Type == 0 && out.Fails > 0 && r.random.Float64() < out.Fails
}

func (r *run) failed(id int32, a *attempt) {
	r.result.FailedAttempts++
	r.seen.Failed[a.in.Type]++
	if a.number > r.tr.MaxRetries {
		r.seen.GivenUp++
		r.unused = append(r.unused, id)
		return
	}
	pause := 2 * math.Pow(2, float64(a.number-1)) * (0.75 + 0.5*r.random.Float64())
	r.events.add(event{at: r.now + pause, task: id, generation: a.generation, kind: retryDue})
}
