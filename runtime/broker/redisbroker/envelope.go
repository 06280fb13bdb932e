package redisbroker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// An envelope is one task as one element of a list: a head at fixed offsets,
// which the scripts know (queue.lua), names, a tail of tagged fields, and the
// payload. All numbers are big-endian.
//
//	 0  16  id
//	16   1  version of the envelope: 1
//	17   1  losses in a row
//	18   1  lane: 1 critical, 2 high, 3 normal, 4 low
//	19   1  flags: 1 the outcome is kept, 2 holds its unique key until it ends, 4 is of
//	        a group
//	20   1  attempts
//	21   1  max
//	22   4  timeout, ms
//	26   6  ready, ms
//	32   1  length of the kind, then the kind
//	     1  with flag 2: length of the unique key, then the key
//	     1  with flag 4: length of the group, then the group
//	     1  with flag 4: length of its key, then the key
//	        fields: a tag (1), the length of its value (uvarint), the value
//	     1  0, then the payload
const (
	envelopeVersion = 1
	headSize        = 33

	offVersion  = 16
	offLost     = 17
	offLane     = 18
	offFlags    = 19
	offAttempts = 20
	offMax      = 21
	offTimeout  = 22
	offReady    = 26
	offKind     = 32

	flagNotify  = 1
	flagBound   = 2
	flagGrouped = 4
)

// The tags of fields. A reader keeps those that it does not know.
const (
	tagEnd        = 0
	tagVersion    = 1 // of the payload's shape, uvarint
	tagLostBefore = 2 // uvarint
	tagRetention  = 3 // ms, uvarint
	tagWindow     = 4 // of the unique key, ms as uvarint, then the key
	tagHeader     = 5 // length of the key as uvarint, key, value
	tagFailure    = 6 // ms as uvarint, attempt as uvarint, reason
	tagExpires    = 7 // ms, uvarint
)

var errCorrupt = errors.New("corrupt envelope")

// appendEnvelope appends m as an element. ready is taken from m.
func appendEnvelope(b []byte, m *broker.Message) []byte {
	b = append(b, m.ID[:]...)
	b = append(b, envelopeVersion, m.Lost, laneByte(m.Priority), flagsOf(m), m.Attempts, m.Max)
	b = binary.BigEndian.AppendUint32(b, uint32(m.Timeout.Milliseconds()))
	b = appendUint48(b, uint64(max(m.Ready.UnixMilli(), 0)))
	b = append(b, byte(len(m.Kind)))
	b = append(b, m.Kind...)
	if bound(m) {
		b = append(b, byte(len(m.Unique.Key)))
		b = append(b, m.Unique.Key...)
	}
	if m.Group != "" {
		b = append(b, byte(len(m.Group)))
		b = append(b, m.Group...)
		b = append(b, byte(len(m.Key)))
		b = append(b, m.Key...)
	}
	b = appendFields(b, m)
	b = append(b, m.Unknown...)
	b = append(b, tagEnd)
	return append(b, m.Payload...)
}

// laneByte is the place of a priority in the order of service.
func laneByte(p broker.Priority) byte { return byte(broker.Critical-p) + 1 }

func flagsOf(m *broker.Message) (flags byte) {
	if m.Retention >= time.Millisecond {
		flags |= flagNotify
	}
	if bound(m) {
		flags |= flagBound
	}
	if m.Group != "" {
		flags |= flagGrouped
	}
	return flags
}

// bound reports whether m holds its unique key until it ends.
func bound(m *broker.Message) bool {
	return m.Unique.Key != "" && m.Unique.Window < time.Millisecond
}

func appendUint48(b []byte, n uint64) []byte {
	return append(b, byte(n>>40), byte(n>>32), byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

func uint48(b []byte) uint64 {
	return uint64(b[0])<<40 | uint64(b[1])<<32 | uint64(binary.BigEndian.Uint32(b[2:6]))
}

func appendFields(b []byte, m *broker.Message) []byte {
	b = appendNumber(b, tagVersion, uint64(m.Version))
	b = appendNumber(b, tagLostBefore, uint64(m.LostBefore))
	b = appendNumber(b, tagRetention, uint64(m.Retention.Milliseconds()))
	b = appendNumber(b, tagExpires, uint64(m.Expires.Milliseconds()))
	if m.Unique.Key != "" && !bound(m) {
		window := uint64(m.Unique.Window.Milliseconds())
		b = appendHead(b, tagWindow, uvarintLen(window)+len(m.Unique.Key))
		b = append(binary.AppendUvarint(b, window), m.Unique.Key...)
	}
	for i := range m.Headers {
		h := &m.Headers[i]
		b = appendHead(b, tagHeader, uvarintLen(uint64(len(h.Key)))+len(h.Key)+len(h.Value))
		b = append(binary.AppendUvarint(b, uint64(len(h.Key))), h.Key...)
		b = append(b, h.Value...)
	}
	for i := range m.Failures {
		b = appendFailure(b, &m.Failures[i])
	}
	return b
}

func appendFailure(b []byte, f *broker.Failure) []byte {
	at, attempt := uint64(max(f.At.UnixMilli(), 0)), uint64(f.Attempt)
	b = appendHead(b, tagFailure, uvarintLen(at)+uvarintLen(attempt)+len(f.Reason))
	b = binary.AppendUvarint(b, at)
	b = binary.AppendUvarint(b, attempt)
	return append(b, f.Reason...)
}

func appendHead(b []byte, tag byte, length int) []byte {
	return binary.AppendUvarint(append(b, tag), uint64(length))
}

// appendNumber appends a field, unless it is zero.
func appendNumber(b []byte, tag byte, n uint64) []byte {
	if n == 0 {
		return b
	}
	return binary.AppendUvarint(appendHead(b, tag, uvarintLen(n)), n)
}

func uvarintLen(n uint64) int {
	length := 1
	for ; n >= 0x80; n >>= 7 {
		length++
	}
	return length
}

// decodeEnvelope fills m from an element, which must never change afterwards:
// strings and the payload alias it.
func decodeEnvelope(b []byte, m *broker.Message) error {
	if len(b) <= headSize || b[offVersion] != envelopeVersion || b[offLane] < 1 || b[offLane] > 4 {
		return fmt.Errorf("%w: no head of version %d", errCorrupt, envelopeVersion)
	}
	*m = broker.Message{
		ID:       broker.ID(b[:16]),
		Priority: broker.Critical - broker.Priority(b[offLane]-1),
		Lost:     b[offLost], Attempts: b[offAttempts], Max: b[offMax],
		Timeout: time.Duration(binary.BigEndian.Uint32(b[offTimeout:])) * time.Millisecond,
		Ready:   time.UnixMilli(int64(uint48(b[offReady:]))),
	}
	flags := b[offFlags]
	var ok bool
	rest := b[offKind:]
	if m.Kind, rest, ok = shortString(rest); !ok {
		return fmt.Errorf("%w: the kind is cut off", errCorrupt)
	}
	if flags&flagBound != 0 {
		if m.Unique.Key, rest, ok = shortString(rest); !ok {
			return fmt.Errorf("%w: the unique key is cut off", errCorrupt)
		}
	}
	if flags&flagGrouped != 0 {
		if rest, ok = decodeGroup(rest, m); !ok {
			return fmt.Errorf("%w: the group is cut off", errCorrupt)
		}
	}
	return decodeFields(rest, m)
}

// decodeGroup reads a group and its key.
func decodeGroup(b []byte, m *broker.Message) (rest []byte, ok bool) {
	if m.Group, rest, ok = shortString(b); ok {
		m.Key, rest, ok = shortString(rest)
	}
	return rest, ok
}

func decodeFields(b []byte, m *broker.Message) error {
	for len(b) > 0 {
		tag := b[0]
		if tag == tagEnd {
			m.Payload = b[1:]
			return nil
		}
		length, n := binary.Uvarint(b[1:])
		if n <= 0 || length > uint64(len(b)-1-n) {
			return fmt.Errorf("%w: field %d is cut off", errCorrupt, tag)
		}
		end := 1 + n + int(length)
		if err := decodeField(tag, b[1+n:end], b[:end], m); err != nil {
			return err
		}
		b = b[end:]
	}
	return fmt.Errorf("%w: there is no payload", errCorrupt)
}

// decodeField takes in one field; whole is all of its bytes.
func decodeField(tag byte, value, whole []byte, m *broker.Message) error {
	first, n := uint64(0), 0
	if tag >= tagVersion && tag <= tagExpires {
		if first, n = binary.Uvarint(value); n <= 0 {
			return fmt.Errorf("%w: field %d has no number", errCorrupt, tag)
		}
	}
	rest := value[n:]
	switch tag {
	case tagVersion:
		m.Version = uint16(first)
	case tagLostBefore:
		m.LostBefore = uint16(first)
	case tagRetention:
		m.Retention = milliseconds(first)
	case tagExpires:
		m.Expires = milliseconds(first)
	case tagWindow:
		m.Unique = broker.Unique{Key: alias(rest), Window: milliseconds(first)}
	case tagHeader:
		if first > uint64(len(rest)) {
			return fmt.Errorf("%w: a header is cut off", errCorrupt)
		}
		m.Headers = append(m.Headers, broker.Header{Key: alias(rest[:first]), Value: alias(rest[first:])})
	case tagFailure:
		attempt, k := binary.Uvarint(rest)
		if k <= 0 {
			return fmt.Errorf("%w: a failure has no attempt", errCorrupt)
		}
		m.Failures = append(m.Failures, broker.Failure{At: time.UnixMilli(int64(first)), Attempt: uint8(attempt), Reason: alias(rest[k:])})
	default:
		m.Unknown = append(m.Unknown, whole...)
	}
	return nil
}

func milliseconds(n uint64) time.Duration {
	return time.Duration(min(n, uint64(broker.MaxDelay.Milliseconds()))) * time.Millisecond
}

// shortString reads a string behind one byte of length.
func shortString(b []byte) (s string, rest []byte, ok bool) {
	if len(b) == 0 || len(b) < 1+int(b[0]) {
		return "", nil, false
	}
	end := 1 + int(b[0])
	return alias(b[1:end]), b[end:], true
}

// bytesOf are the bytes of s without a copy; they must never be changed.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// alias is b as a string without a copy. Elements are never changed and their
// buffers never used again, so the string may live for ever.
func alias(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}
