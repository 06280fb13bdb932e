package codegen

import (
	"fmt"

	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// decode reads exactly one T. Whatever is wrong with the bytes makes the run
// fail for good: they will not get better.
func decode[T any, P Codec[T]](data []byte) (*T, error) {
	if err := check(data); err != nil {
		return nil, taskqueue.Permanent(fmt.Errorf("%w: %w", taskqueue.ErrPayload, err))
	}
	t := new(T)
	rest, err := P(t).UnmarshalMsg(data)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d bytes after the end", len(rest))
	}
	if err != nil {
		return nil, taskqueue.Permanent(fmt.Errorf("%w: %w", taskqueue.ErrPayload, err))
	}
	return t, nil
}

// check walks data once, without allocating: lengths that the bytes cannot
// hold, nesting beyond msgp's limit and trailing bytes are refused before a
// decoder makes room for anything.
func check(data []byte) error {
	rest, err := msgp.Skip(data)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d bytes after the end", len(rest))
	}
	return err
}
