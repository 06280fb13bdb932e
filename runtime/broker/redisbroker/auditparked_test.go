package redisbroker

import "github.com/tqgen/taskqueue/runtime/broker"

// parked checks that each task among the parked ones stands where its shape and
// number say, and that they are counted.
func (a *auditor) parked() {
	delete(a.keys, a.q.parked)
	delete(a.keys, a.q.shelf)
	members := check2(a, a.b.commands.ZRange(a.ctx, a.q.parked, 0, -1).Result)
	values := check2(a, a.b.commands.HGetAll(a.ctx, a.q.shelf).Result)
	a.expect(len(members) == len(values), "%d tasks are parked, %d have data", len(members), len(values))
	kinds := map[broker.Shape]bool{}
	for _, member := range members {
		id := member[max(len(member)-16, 0):]
		value := values[id]
		m := a.found(waitingEnvelope(value), a.q.parked)
		a.living[m.ID] = m
		kinds[m.Shape()] = true
		want := shapeName(m.Shape()) + value[:min(16, len(value))] + string(m.ID[:])
		a.expect(member == want, "task %s is parked as %q, not %q", m.ID, member, want)
	}
	a.expect(len(kinds) <= broker.MaxShapes, "tasks of %d shapes are parked", len(kinds))
	for _, n := range check2(a, func() ([]broker.QueueInfo, error) { return a.b.Queues(a.ctx, a.q.keys.queue) }) {
		a.expect(n.Parked == int64(len(members)), "%d tasks are parked, %d are counted", len(members), n.Parked)
	}
}
