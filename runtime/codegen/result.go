package codegen

import (
	"time"
	"unsafe"

	"github.com/tinylib/msgp/msgp"
)

// A Result encodes and decodes what a task returns.
type Result[R any] struct {
	add  func(dst []byte, result R) ([]byte, error)
	read func(b []byte, m *Meter) (R, []byte, error)
	size uintptr // of what an R points to, which costs as a part of something
}

// Append encodes a result.
func (r Result[R]) Append(dst []byte, result R) ([]byte, error) { return r.add(dst, result) }

// Decode decodes exactly one result.
func (r Result[R]) Decode(data []byte) (R, error) {
	m := NewMeter(data)
	result, rest, err := r.read(data, &m)
	if err == nil && len(rest) > 0 {
		err = trailing(rest)
	}
	if err != nil {
		var none R
		return none, refuse(err, data)
	}
	return result, nil
}

// Pointer is the Result of a *R with a generated serializer. A nil *R is kept
// as nil.
func Pointer[R any, P Codec[R]]() Result[*R] {
	return Result[*R]{
		add: func(dst []byte, result *R) ([]byte, error) {
			if result == nil {
				return msgp.AppendNil(dst), nil
			}
			return P(result).MarshalMsg(dst)
		},
		read: func(b []byte, _ *Meter) (*R, []byte, error) {
			if IsNil(b) {
				return nil, b[1:], nil
			}
			result := new(R)
			rest, err := ReadForeign(b, P(result))
			return result, rest, err
		},
		size: unsafe.Sizeof(*new(R)),
	}
}

// Value is the Result of an R with a generated serializer.
func Value[R any, P Codec[R]]() Result[R] {
	return Result[R]{
		add: func(dst []byte, result R) ([]byte, error) { return P(&result).MarshalMsg(dst) },
		read: func(b []byte, _ *Meter) (result R, rest []byte, err error) {
			rest, err = ReadForeign(b, P(&result))
			return result, rest, err
		},
	}
}

// Slice is the Result of a slice. Empty and nil come back as nil.
func Slice[S ~[]E, E any](elem Result[E]) Result[S] {
	return Result[S]{
		add: func(dst []byte, result S) (_ []byte, err error) {
			dst = AppendArrayHeader(dst, len(result))
			for i := range result {
				if dst, err = elem.add(dst, result[i]); err != nil {
					return dst, Index(err, i)
				}
			}
			return dst, nil
		},
		read: func(b []byte, m *Meter) (S, []byte, error) {
			return ReadSlice[S](b, m, metered(elem, m))
		},
	}
}

// Map is the Result of a map. Empty and nil come back as nil.
func Map[M ~map[K]V, K ~string | signed | unsigned, V any](key Result[K], value Result[V]) Result[M] {
	return Result[M]{
		add: func(dst []byte, result M) (_ []byte, err error) {
			dst = AppendMapHeader(dst, len(result))
			for k, v := range result {
				if dst, err = key.add(dst, k); err != nil {
					return dst, err
				}
				if dst, err = value.add(dst, v); err != nil {
					return dst, Entry(err, k)
				}
			}
			return dst, nil
		},
		read: func(b []byte, m *Meter) (M, []byte, error) {
			return ReadMap[M](b, m, metered(key, m), metered(value, m))
		},
	}
}

// metered reads parts of a larger result.
func metered[R any](r Result[R], m *Meter) func([]byte) (R, []byte, error) {
	return func(b []byte) (result R, rest []byte, err error) {
		if err := m.pay(b, 1, r.size); err != nil {
			return result, b, err
		}
		return r.read(b, m)
	}
}

// scalar is the Result of a type without parts.
func scalar[R any](add func([]byte, R) []byte, read func([]byte) (R, []byte, error)) Result[R] {
	return Result[R]{
		add:  func(dst []byte, result R) ([]byte, error) { return add(dst, result), nil },
		read: func(b []byte, _ *Meter) (R, []byte, error) { return read(b) },
	}
}

// String is the Result of a string, here and below also of a type that is
// declared as one.
func String[R ~string]() Result[R] { return scalar(AppendString[R], CopyString[R]) }

// Bool is the Result of a bool.
func Bool[R ~bool]() Result[R] { return scalar(AppendBool[R], ReadBool[R]) }

// Int is the Result of a signed integer, a time.Duration among them.
func Int[R signed]() Result[R] { return scalar(AppendInt[R], ReadInt[R]) }

// Uint is the Result of an unsigned integer.
func Uint[R unsigned]() Result[R] { return scalar(AppendUint[R], ReadUint[R]) }

// Float32 is the Result of a float32.
func Float32[R ~float32]() Result[R] { return scalar(AppendFloat32[R], ReadFloat32[R]) }

// Float64 is the Result of a float64.
func Float64[R ~float64]() Result[R] { return scalar(AppendFloat64[R], ReadFloat64[R]) }

// Time is the Result of a time.Time, which comes back in UTC.
func Time() Result[time.Time] { return scalar(AppendTime, ReadTime) }

// Bytes is the Result of a []byte.
func Bytes[R ~[]byte]() Result[R] { return scalar(AppendBytes[R], ReadBytes[R]) }
