package codegen

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// A Key collects the values that make a task unique among those of its kind. It
// is readable, email.SendWelcome:7:"de", as operators meet it.
type Key struct{ text []byte }

// UniqueKey begins the key of a task of the kind.
func UniqueKey[T any](kind *Kind[T]) Key { return Key{append(make([]byte, 0, 64), kind.Name...)} }

func (k Key) next() []byte { return append(k.text, ':') }

// Bool adds a boolean.
func (k Key) Bool(v bool) Key { return Key{strconv.AppendBool(k.next(), v)} }

// Int adds an integer.
func (k Key) Int(v int64) Key { return Key{strconv.AppendInt(k.next(), v, 10)} }

// Uint adds an integer without a sign.
func (k Key) Uint(v uint64) Key { return Key{strconv.AppendUint(k.next(), v, 10)} }

// Float adds a float.
func (k Key) Float(v float64) Key { return Key{strconv.AppendFloat(k.next(), v, 'g', -1, 64)} }

// String adds a string, quoted, so that no two lists of values look the same.
func (k Key) String(v string) Key { return Key{strconv.AppendQuote(k.next(), v)} }

// Bytes adds bytes in hexadecimal.
func (k Key) Bytes(v []byte) Key { return Key{hex.AppendEncode(k.next(), v)} }

// Time adds an instant; the zone does not matter.
func (k Key) Time(v time.Time) Key { return Key{v.UTC().AppendFormat(k.next(), time.RFC3339Nano)} }

// Option makes the task unique for the window or, with 0, until it has ended. A
// key that is too long for the store becomes its hash.
func (k Key) Option(window time.Duration) taskqueue.Option {
	text := string(k.text)
	if len(text) > broker.MaxNameLen {
		text = hashed(text)
	}
	return taskqueue.Unique(text, window)
}

// UniquePayload makes a task unique by everything in it. A task that cannot be
// encoded gets no key: enqueueing it fails for that reason.
func UniquePayload[T any, P Codec[T]](kind *Kind[T], t P, window time.Duration) taskqueue.Option {
	payload, err := t.MarshalMsg(nil)
	if err != nil {
		return taskqueue.Option{}
	}
	sum := sha256.Sum256(payload)
	return UniqueKey(kind).Bytes(sum[:16]).Option(window)
}
