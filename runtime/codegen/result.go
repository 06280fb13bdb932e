package codegen

import (
	"fmt"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// A Result encodes and decodes what a task returns.
type Result[R any] struct {
	Append func(dst []byte, result R) ([]byte, error)
	Decode func(data []byte) (R, error)
}

// Pointer is the Result of a *R with a generated serializer. A nil *R is kept
// as nil.
func Pointer[R any, P Codec[R]]() Result[*R] {
	return Result[*R]{
		Append: func(dst []byte, result *R) ([]byte, error) {
			if result == nil {
				return msgp.AppendNil(dst), nil
			}
			return P(result).MarshalMsg(dst)
		},
		Decode: func(data []byte) (*R, error) {
			if len(data) == 1 && IsNil(data) {
				return nil, nil
			}
			return decode[R, P](data)
		},
	}
}

// Value is the Result of an R with a generated serializer.
func Value[R any, P Codec[R]]() Result[R] {
	return Result[R]{
		Append: func(dst []byte, result R) ([]byte, error) { return P(&result).MarshalMsg(dst) },
		Decode: func(data []byte) (R, error) {
			result, err := decode[R, P](data)
			if err != nil {
				var none R
				return none, err
			}
			return *result, nil
		},
	}
}

// scalar is the Result of a type that msgp reads and appends by itself.
func scalar[R any](appendTo func([]byte, R) []byte, read func([]byte) (R, []byte, error)) Result[R] {
	return Result[R]{
		Append: func(dst []byte, result R) ([]byte, error) { return appendTo(dst, result), nil },
		Decode: func(data []byte) (R, error) {
			result, rest, err := read(data)
			if err == nil && len(rest) > 0 {
				err = fmt.Errorf("%d bytes after the result", len(rest))
			}
			return result, err
		},
	}
}

// String is the Result of a string.
func String() Result[string] { return scalar(msgp.AppendString, msgp.ReadStringBytes) }

// Bool is the Result of a bool.
func Bool() Result[bool] { return scalar(msgp.AppendBool, msgp.ReadBoolBytes) }

// Int is the Result of an int.
func Int() Result[int] { return scalar(msgp.AppendInt, msgp.ReadIntBytes) }

// Int64 is the Result of an int64.
func Int64() Result[int64] { return scalar(msgp.AppendInt64, msgp.ReadInt64Bytes) }

// Uint64 is the Result of a uint64.
func Uint64() Result[uint64] { return scalar(msgp.AppendUint64, msgp.ReadUint64Bytes) }

// Float64 is the Result of a float64.
func Float64() Result[float64] { return scalar(msgp.AppendFloat64, msgp.ReadFloat64Bytes) }

// Time is the Result of a time.Time, which comes back in UTC.
func Time() Result[time.Time] { return scalar(msgp.AppendTime, ReadTime) }

// Duration is the Result of a time.Duration.
func Duration() Result[time.Duration] { return scalar(msgp.AppendDuration, msgp.ReadDurationBytes) }

// Bytes is the Result of a []byte.
func Bytes() Result[[]byte] {
	return scalar(msgp.AppendBytes, func(b []byte) ([]byte, []byte, error) { return msgp.ReadBytesBytes(b, nil) })
}
