// Package codegen is what generated code calls. Programs do not use it
// directly; its API follows tqgen, with a compile-time handshake.
package codegen

import (
	"context"

	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Protocol1_if_undefined_run_go_get_u_github_com_tqgen_taskqueue is the
// handshake: generated code names the protocol that it was written for, so a
// runtime that is too old fails to compile with its remedy in the message.
const Protocol1_if_undefined_run_go_get_u_github_com_tqgen_taskqueue = 1

// A Kind is a taskqueue.Kind whose payload is a T.
type Kind[T any] taskqueue.Kind

// A ResultKind is a kind whose tasks return an R.
type ResultKind[T, R any] struct {
	Kind   Kind[T]
	Result Result[R]
}

// A Codec is the generated serializer of *T.
type Codec[T any] interface {
	*T
	msgp.Marshaler
	msgp.Unmarshaler
	msgp.Sizer
}

// Task binds a kind to the function that runs it. Payloads of older shapes are
// upgraded before.
func Task[T any, P Codec[T]](kind *Kind[T], run func(context.Context, *T) error, older ...Older[T]) taskqueue.Task {
	return bind[T, P]((*taskqueue.Kind)(kind), older, func(ctx context.Context, task *T, dst []byte) ([]byte, error) {
		return dst, run(ctx, task)
	})
}

// TaskWithResult binds a kind to the function that runs it and returns its
// result.
func TaskWithResult[T, R any, P Codec[T]](kind *ResultKind[T, R], run func(context.Context, *T) (R, error), older ...Older[T]) taskqueue.Task {
	return bind[T, P]((*taskqueue.Kind)(&kind.Kind), older, func(ctx context.Context, task *T, dst []byte) ([]byte, error) {
		result, err := run(ctx, task)
		if err != nil {
			return dst, err
		}
		return kind.Result.Append(dst, result)
	})
}

// Execute binds a kind to the Execute method of its struct, (*T).Execute.
func Execute[T any, P Codec[T]](kind *Kind[T], execute func(*T, context.Context) error, older ...Older[T]) taskqueue.Task {
	return Task[T, P](kind, func(ctx context.Context, t *T) error { return execute(t, ctx) }, older...)
}

// ExecuteWithResult binds a kind to the Execute method of its struct and returns
// its result.
func ExecuteWithResult[T, R any, P Codec[T]](kind *ResultKind[T, R], execute func(*T, context.Context) (R, error), older ...Older[T]) taskqueue.Task {
	return TaskWithResult[T, R, P](kind, func(ctx context.Context, t *T) (R, error) { return execute(t, ctx) }, older...)
}

// Job makes a job of t: first the struct's own settings, then the caller's.
func Job[T any, P Codec[T]](kind *Kind[T], t P, options []taskqueue.Option, own ...taskqueue.Option) taskqueue.Job {
	return taskqueue.NewJob((*taskqueue.Kind)(kind), t, own...).With(options...)
}

// Enqueue adds a job and returns the future of its result.
func Enqueue[T, R any](ctx context.Context, c *taskqueue.Client, kind *ResultKind[T, R], job taskqueue.Job) (taskqueue.Future[R], error) {
	id, err := c.Enqueue(ctx, job)
	return taskqueue.NewFuture(c, id, kind.Result.Decode), err
}

// Future is the future of a task that was enqueued before, by its id.
func Future[T, R any](c *taskqueue.Client, kind *ResultKind[T, R], id taskqueue.ID) taskqueue.Future[R] {
	return taskqueue.NewFuture(c, id, kind.Result.Decode)
}
