package codegen

import (
	"context"
	"fmt"

	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// decode reads exactly one T with its generated codec, which refuses by itself
// what would cost more than the payload is worth. Whatever is wrong with the
// bytes makes the run fail for good: they will not get better.
func decode[T any, P Codec[T]](data []byte) (*T, error) {
	t := new(T)
	if err := exactly(data, P(t)); err != nil {
		return nil, refuse(err, data)
	}
	return t, nil
}

// Foreign is a task whose struct encodes itself. Its decoder is only shown what
// has been walked over, without allocating: false lengths and trailing bytes are
// refused before.
func Foreign(t taskqueue.Task) taskqueue.Task {
	t.Run = walked(t.Run)
	for version, run := range t.Older {
		t.Older[version] = walked(run)
	}
	read := t.Decode
	t.Decode = func(version uint16, payload []byte) (taskqueue.Payload, error) {
		if err := walk(payload); err != nil {
			return nil, err
		}
		return read(version, payload)
	}
	if t.Batch != nil {
		t.Batch.Run = walkedBatch(t.Batch.Run)
	}
	return t
}

// walked runs what has been walked over.
func walked(run taskqueue.RunFunc) taskqueue.RunFunc {
	return func(ctx context.Context, payload, dst []byte) ([]byte, error) {
		if err := walk(payload); err != nil {
			return dst, err
		}
		return run(ctx, payload, dst)
	}
}

// walk passes over exactly one value.
func walk(data []byte) error {
	rest, err := Skip(data)
	if err == nil && len(rest) > 0 {
		err = trailing(rest)
	}
	if err != nil {
		return refuse(err, data)
	}
	return nil
}

func refuse(err error, data []byte) error {
	return taskqueue.Permanent(fmt.Errorf("%w: %w", taskqueue.ErrPayload, locate(err, len(data))))
}

// exactly reads all of data.
func exactly(data []byte, v msgp.Unmarshaler) error {
	rest, err := v.UnmarshalMsg(data)
	if err == nil && len(rest) > 0 {
		err = trailing(rest)
	}
	return err
}

func trailing(rest []byte) error {
	return bad(rest, fmt.Errorf("%d bytes after the end", len(rest)))
}
