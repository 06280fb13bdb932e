package redisbroker

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// watchPing is how long a subscription is silent before it is tested.
const watchPing = 10 * time.Second

// Watch implements broker.Inspector.
func (b *Broker) Watch(ctx context.Context, queue string, ready func(), f func(broker.Event)) error {
	if err := broker.CheckName("queue name", queue); err != nil {
		return err
	}
	if b.ctx.Err() != nil {
		return broker.ErrClosed
	}
	subscription := b.commands.Subscribe(ctx, b.queue(queue).ended)
	defer subscription.Close()
	for _, end := range []context.Context{ctx, b.ctx} { // a reader does not notice contexts
		stop := context.AfterFunc(end, func() { _ = subscription.Close() })
		defer stop()
	}
	err := listen(ctx, subscription, ready, f)
	switch {
	case ctx.Err() != nil:
		return nil
	case b.ctx.Err() != nil:
		return broker.ErrClosed
	}
	return opening(&outage{address: b.address, err: err})
}

// listen passes events on until the subscription breaks: one that is silent for
// long and does not answer a ping has.
func listen(ctx context.Context, s *redis.PubSub, ready func(), f func(broker.Event)) error {
	asked := false
	for {
		message, err := s.ReceiveTimeout(ctx, watchPing)
		var network net.Error
		if errors.As(err, &network) && network.Timeout() && !asked {
			asked = true
			err = s.Ping(ctx)
			if err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		asked = false
		switch m := message.(type) {
		case *redis.Subscription:
			ready()
		case *redis.Message:
			events(m.Payload, f)
		}
	}
}

// events reads what cycle.lua publishes: ids, each with the digit of a state.
func events(payload string, f func(broker.Event)) {
	const size = len(broker.ID{}) + 1
	for ; len(payload) >= size; payload = payload[size:] {
		f(broker.Event{ID: broker.ID([]byte(payload[:size-1])), State: broker.State(payload[size-1] - '0')})
	}
}
