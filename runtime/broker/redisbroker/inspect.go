package redisbroker

import (
	"context"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Queues implements broker.Inspector.
func (b *Broker) Queues(ctx context.Context, names ...string) ([]broker.QueueInfo, error) {
	for _, name := range names {
		if err := broker.CheckName("queue name", name); err != nil {
			return nil, err
		}
	}
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	all := len(names) == 0
	if all {
		var err error
		if names, err = b.names(ctx); err != nil {
			return nil, opening(err)
		}
	}
	infos, err := b.infos(ctx, names)
	if err != nil {
		return nil, opening(err)
	}
	if all {
		infos = slices.DeleteFunc(infos, func(i broker.QueueInfo) bool { return i.Enqueued == 0 })
	}
	return infos, nil
}

// names are those in the registry, sorted.
func (b *Broker) names(ctx context.Context) (names []string, err error) {
	err = b.call(ctx, func(ctx context.Context) (err error) {
		names, err = b.commands.SMembers(ctx, registry(b.prefix)).Result()
		return err
	})
	slices.Sort(names)
	return names, err
}

// infos asks for all queues in one round trip, each of them at one instant.
func (b *Broker) infos(ctx context.Context, names []string) (infos []broker.QueueInfo, err error) {
	err = b.call(ctx, func(ctx context.Context) error {
		s := b.scripts.Load().count
		return scripted(func(by evaluation) error { return b.askCounts(ctx, names, by, s, &infos) })
	})
	return infos, err
}

func (b *Broker) askCounts(ctx context.Context, names []string, evaluate evaluation, s *script, infos *[]broker.QueueInfo) error {
	pipe := b.commands.Pipeline()
	cmds := make([]*redis.SliceCmd, len(names))
	for i, name := range names {
		q := b.queue(name)
		keys := q.grouped(q.idle)
		cmds[i] = redis.NewSliceCmd(ctx, evaluate(s, keys, nil)...)
		_ = pipe.Process(ctx, cmds[i])
	}
	if err := firstError(pipe.Exec(ctx)); err != nil {
		return err
	}
	*infos = make([]broker.QueueInfo, len(names))
	for i, name := range names {
		(*infos)[i] = queueInfo(name, cmds[i].Val())
	}
	return nil
}

// queueInfo reads what count.lua says. What was enqueued, has not ended and is
// nowhere else is active: no counter of it can drift. What foreign hands have
// put in was not enqueued, so it could be less than none.
func queueInfo(name string, r reply) broker.QueueInfo {
	i := broker.QueueInfo{Queue: name, Pending: r.int(0), Scheduled: r.int(1), Dead: r.int(2), Sessions: r.int(3), Lapsed: r.int(4)}
	totals := []*int64{&i.Enqueued, &i.Done, &i.Retried, &i.Released, &i.Died, &i.Discarded, &i.Lost, &i.Deleted, &i.Dropped}
	for k, total := range totals {
		*total, _ = strconv.ParseInt(r.string(5+k), 10, 64)
	}
	fields := r.list(5 + len(totals))
	i.Settings, i.Parked = settingsOf(fields), parkedOf(fields)
	i.Active = max(i.Enqueued-i.Done-i.Discarded-i.Deleted-i.Dropped-i.Pending-i.Scheduled-i.Parked-i.Dead, 0)
	return i
}

// parkedOf is how many tasks are parked: count.lua tells it with the settings.
func parkedOf(fields []any) (n int64) {
	for i := 0; i+1 < len(fields); i += 2 {
		if r := reply(fields[i : i+2]); r.string(0) == "parked" {
			n, _ = strconv.ParseInt(r.string(1), 10, 64)
		}
	}
	return max(n, 0)
}
