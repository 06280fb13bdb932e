package redisbroker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// An outage is a call that got no answer in its time.
type outage struct {
	address string
	sent    bool // something may have been carried out
	err     error
	end     error // of the context
}

// Error implements error. It names the server, never a password.
func (o *outage) Error() string {
	text := fmt.Sprintf("%v: redis at %s", broker.ErrUnavailable, o.address)
	if o.sent {
		text = fmt.Sprintf("%v: redis at %s did not answer", broker.ErrUnknown, o.address)
	}
	if o.err != nil {
		text += ": " + o.err.Error()
	}
	return text
}

// Unwrap returns what was done, by the contract's errors, and why.
func (o *outage) Unwrap() []error {
	errs := []error{broker.ErrUnavailable}
	if o.sent {
		errs[0] = broker.ErrUnknown
	}
	for _, err := range []error{o.err, o.end} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

const (
	retryMin = 5 * time.Millisecond
	retryMax = 500 * time.Millisecond
)

// call tries until there is an answer, the context ends, or the time that the
// config gives a call without a deadline is over.
func (b *Broker) call(ctx context.Context, try func(ctx context.Context) error) error {
	deadline := time.Now().Add(b.patienceOf(ctx))
	sent := false
	var last error // while there was time: that it is over says nothing about the server
	for n := 0; ; n++ {
		if b.ctx.Err() != nil {
			return broker.ErrClosed
		}
		if ctx.Err() != nil {
			return &outage{address: b.address, sent: sent, err: last, end: ctx.Err()}
		}
		err := try(ctx)
		if err == nil {
			return nil
		}
		if b.ctx.Err() != nil {
			return broker.ErrClosed
		}
		passing, executed := judge(err)
		if !passing {
			return b.settled(err, sent)
		}
		sent = sent || executed
		if ctx.Err() == nil || last == nil {
			last = err
		}
		b.reload(ctx)
		if time.Now().After(deadline) || !b.pause(ctx, n) {
			return &outage{address: b.address, sent: sent, err: last, end: ctx.Err()}
		}
	}
}

// patienceOf is how long a call may go on: with a deadline until then, but not
// longer than repeats are known.
func (b *Broker) patienceOf(ctx context.Context) time.Duration {
	if _, ok := ctx.Deadline(); ok {
		return maxPatience
	}
	return b.patience
}

// reload has a Cluster's clients learn where the slots are now: the answer that
// did not come may come from another node.
func (b *Broker) reload(ctx context.Context) {
	for _, client := range []redis.UniversalClient{b.commands, b.waits} {
		if c, ok := client.(*redis.ClusterClient); ok {
			c.ReloadState(ctx)
		}
	}
}

// settled is a refusal as the end of a call. If something was sent before that
// got no answer, only the scripts' own refusals tell what became of it.
func (b *Broker) settled(err error, sent bool) error {
	refused := b.refusal(err)
	switch {
	case sent && errors.Is(refused, broker.ErrFenced):
		return fmt.Errorf("%w: %w", refused, errAgain)
	case sent && !errors.Is(refused, broker.ErrStale):
		return &outage{address: b.address, sent: true, err: err}
	}
	return refused
}

// errAgain marks the refusal of a command that may have been carried out before.
var errAgain = errors.New("a command before it got no answer")

// pause waits longer from time to time; false if there is no point in going on.
func (b *Broker) pause(ctx context.Context, n int) bool {
	d := min(retryMin<<min(n, 10), retryMax)
	timer := time.NewTimer(d/2 + rand.N(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-b.ctx.Done():
	}
	return false
}

// passingReplies begin the errors of a server that will do it later. None of
// them has carried out anything.
var passingReplies = []string{
	"LOADING", "READONLY", "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN", "MOVED", "ASK", "NOREPLICAS", "BUSY ",
	"MISCONF", "ERR max number of clients reached", "UNKILLABLE", "NOSCRIPT", "UNBLOCKED",
}

// reason is the server's own word in an error of a script (Redis 6 puts it last)
// or of a transaction.
func reason(err redis.Error) string {
	text := strings.TrimPrefix(err.Error(), "EXECABORT Transaction discarded because of: ")
	if strings.HasPrefix(text, "ERR Error running script") {
		if i := strings.LastIndex(text, ": -"); i >= 0 {
			text = text[i+len(": -"):]
		}
	}
	return strings.TrimPrefix(text, "-")
}

// judge tells errors that pass from those that stay, and whether the command
// may have been carried out. What is not known may have been, and may pass.
func judge(err error) (passing, executed bool) {
	var reply redis.Error
	switch {
	case dialed(err), errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, redis.ErrClosed): // of a node that is gone
		return true, false
	case mistrusted(err):
		return false, false
	case !errors.As(err, &reply):
		return true, true
	}
	text := reason(reply)
	return slices.ContainsFunc(passingReplies, func(p string) bool { return strings.HasPrefix(text, p) }), false
}

// dialed reports whether an error came before anything was sent.
func dialed(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// mistrusted reports whether the two sides do not get on in TLS.
func mistrusted(err error) bool {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &certificate) || errors.As(err, &record) || errors.As(err, &alert)
}

// refusal puts a server's error into the contract's words.
func (b *Broker) refusal(err error) error {
	var reply redis.Error
	if !errors.As(err, &reply) {
		return fmt.Errorf("%w: redis at %s: %w", broker.ErrUnavailable, b.address, err)
	}
	text := reason(reply)
	switch {
	case strings.HasPrefix(text, "FENCED"):
		return broker.ErrFenced
	case strings.HasPrefix(text, "STALE"):
		return broker.ErrStale
	case strings.HasPrefix(text, "OOM"):
		return fmt.Errorf("%w: redis at %s is at its maxmemory: %w", broker.ErrFull, b.address, err)
	case strings.HasPrefix(text, "WRONGPASS"), strings.HasPrefix(text, "NOAUTH"):
		return fmt.Errorf("%w: redis at %s does not accept the user or password: %w", broker.ErrUnavailable, b.address, err)
	case strings.HasPrefix(text, "NOPERM"):
		return fmt.Errorf("%w: the user may not do this at redis %s: %w", broker.ErrUnavailable, b.address, err)
	}
	return fmt.Errorf("%w: redis at %s: %w", broker.ErrUnavailable, b.address, err)
}

// run runs a script that stands alone.
func (b *Broker) run(ctx context.Context, s *script, keys []string, args ...any) (reply, error) {
	var got reply
	err := b.call(ctx, func(ctx context.Context) error {
		sent := time.Now()
		err := scripted(func(by evaluation) error {
			cmd := newSingle(ctx, by(s, keys, args))
			err := b.commands.Process(ctx, cmd)
			got = cmd.Val()
			return err
		})
		if err == nil && s.timed {
			b.clock.learn(got.int(0), sent, time.Now())
		}
		return err
	})
	return got, err
}

// A single is a command that a Cluster's client does not repeat by itself: its
// last error would hide that an earlier try got no answer.
type single struct{ *redis.SliceCmd }

// NoRetry implements redis.Cmder.
func (single) NoRetry() bool { return true }

// A number is a single whose answer is one.
type number struct{ *redis.IntCmd }

// NoRetry implements redis.Cmder.
func (number) NoRetry() bool { return true }

func newSingle(ctx context.Context, args []any) single {
	return single{redis.NewSliceCmd(ctx, args...)}
}

func evalSHA(s *script, keys []string, args []any) []any {
	return evalWith("evalsha", s.sha, keys, args)
}

func eval(s *script, keys []string, args []any) []any { return evalWith("eval", s.text, keys, args) }

// evalWith points at the keys instead of boxing them, which would allocate for
// each one.
func evalWith(command, what string, keys []string, args []any) []any {
	all := make([]any, 0, 3+len(keys)+len(args))
	all = append(all, command, what, len(keys))
	for i := range keys {
		all = append(all, &keys[i])
	}
	return append(all, args...)
}

// An evaluation makes the command that runs a script: evalSHA or eval.
type evaluation func(s *script, keys []string, args []any) []any

// scripted tries scripts by their sums and, if the server does not know one, by
// their texts.
func scripted(try func(by evaluation) error) error {
	err := try(evalSHA)
	if isNoScript(err) {
		err = try(eval)
	}
	return err
}

func isNoScript(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply) && strings.HasPrefix(reply.Error(), "NOSCRIPT")
}

// A reply is what a script returns.
type reply []any

func (r reply) int(i int) int64 {
	if i < len(r) {
		if n, ok := r[i].(int64); ok {
			return n
		}
	}
	return 0
}

func (r reply) list(i int) []any {
	if i < len(r) {
		if list, ok := r[i].([]any); ok {
			return list
		}
	}
	return nil
}

func (r reply) string(i int) string {
	if i < len(r) {
		if s, ok := r[i].(string); ok {
			return s
		}
	}
	return ""
}
