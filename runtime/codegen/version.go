package codegen

import (
	"context"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Older makes a T out of a payload of an older version.
type Older[T any] struct {
	version uint16
	read    func(payload []byte) (*T, error)
}

// From reads payloads of an older version, which have the shape of a V.
func From[V, T any, P Codec[V]](version uint16, upgrade func(V) T) Older[T] {
	return Older[T]{version, func(payload []byte) (*T, error) {
		old, err := decode[V, P](payload)
		if err != nil {
			return nil, err
		}
		task := upgrade(*old)
		return &task, nil
	}}
}

// bind makes a task of what reads payloads and what runs a T.
func bind[T any, P Codec[T]](kind *taskqueue.Kind, older []Older[T], run func(ctx context.Context, task *T, dst []byte) ([]byte, error)) taskqueue.Task {
	reading := func(read func([]byte) (*T, error)) taskqueue.RunFunc {
		return func(ctx context.Context, payload, dst []byte) ([]byte, error) {
			task, err := read(payload)
			if err != nil {
				return dst, err
			}
			return run(ctx, task, dst)
		}
	}
	t := taskqueue.Task{Kind: kind, Run: reading(decode[T, P])}
	if len(older) > 0 {
		t.Older = make(map[uint16]taskqueue.RunFunc, len(older))
	}
	for _, o := range older {
		t.Older[o.version] = reading(o.read)
	}
	return t
}
