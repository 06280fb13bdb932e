package codegen

import (
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

// decodeForeign is decode for a type that encodes itself. Its decoder is only
// shown what has been walked over before, without allocating: false lengths and
// trailing bytes are refused here.
func decodeForeign[T any, P Codec[T]](data []byte) (*T, error) {
	t := new(T)
	rest, err := ReadForeign(data, P(t))
	if err == nil && len(rest) > 0 {
		err = trailing(rest)
	}
	if err != nil {
		return nil, refuse(err, data)
	}
	return t, nil
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
