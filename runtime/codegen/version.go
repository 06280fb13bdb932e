package codegen

import (
	"context"
	"fmt"

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
			if dst, err = run(ctx, task, dst); err != nil {
				err = delayed(taskqueue.Info(ctx).Attempt, task, err)
			}
			return dst, err
		}
	}
	t := taskqueue.Task{Kind: kind, Run: reading(decode[T, P]), Decode: decoder[T, P](kind, older)}
	if len(older) > 0 {
		t.Older = make(map[uint16]taskqueue.RunFunc, len(older))
	}
	for _, o := range older {
		t.Older[o.version] = reading(o.read)
	}
	return t
}

// decoder reads payloads of every version that is known.
func decoder[T any, P Codec[T]](kind *taskqueue.Kind, older []Older[T]) func(uint16, []byte) (taskqueue.Payload, error) {
	return func(version uint16, payload []byte) (taskqueue.Payload, error) {
		read, isOlder := reader[T, P](version, older)
		if !isOlder && version != max(kind.Version, 1) {
			return nil, taskqueue.Permanent(fmt.Errorf("%w: %s is not known in version %d", taskqueue.ErrPayload, kind.Name, version))
		}
		task, err := read(payload)
		if err != nil {
			return nil, err
		}
		return P(task), nil
	}
}

// reader is what decodes payloads of an older version; of any other, it is what
// decodes those of the present one.
func reader[T any, P Codec[T]](version uint16, older []Older[T]) (read func([]byte) (*T, error), isOlder bool) {
	for _, o := range older {
		if o.version == version {
			return o.read, true
		}
	}
	return decode[T, P], false
}
