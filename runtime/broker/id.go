package broker

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// An ID names a task. It has the layout of a version 7 UUID (RFC 9562): 48
// bits of Unix milliseconds, so that ids sort by time; then, around the fixed
// version and variant bits, 20 bits of a hash of the queue's name, so that an
// id alone finds its queue; the remaining 54 bits are random. The zero ID
// names nothing.
type ID [16]byte

// NewID makes the id of a task of queue that is created at the given time.
// It is safe for concurrent use and does not allocate.
func NewID(queue string, at time.Time) ID {
	ms, h, r := uint64(at.UnixMilli()), queueHash(queue), rand.Uint64()
	var id ID
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = 0x70 | byte(h>>16)
	id[7] = byte(h >> 8)
	id[8] = 0x80 | byte(h>>2)&0x3f
	id[9] = byte(h<<6) | byte(r>>48)&0x3f
	for i := range 6 {
		id[10+i] = byte(r >> (40 - 8*i))
	}
	return id
}

// queueHash is FNV-1a folded to 20 bits (the xor-folding of the FNV authors).
func queueHash(queue string) uint32 {
	f := fnv.New32a()
	_, _ = f.Write([]byte(queue))
	h := f.Sum32()
	return (h>>20 ^ h) & 0xfffff
}

// Of reports whether id can be the id of a task of queue: always true for its
// own queue, and true for one in 2^20 of the others.
func (id ID) Of(queue string) bool {
	h := uint32(id[6]&0x0f)<<16 | uint32(id[7])<<8 | uint32(id[8]&0x3f)<<2 | uint32(id[9]>>6)
	return h == queueHash(queue)
}

// Time is when the id was made, in milliseconds.
func (id ID) Time() time.Time {
	var ms int64
	for _, b := range id[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms)
}

// IsZero reports whether id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// String is the usual text of a UUID: 36 lower-case characters.
func (id ID) String() string {
	b, _ := id.MarshalText()
	return string(b)
}

// MarshalText implements encoding.TextMarshaler. It never fails.
func (id ID) MarshalText() ([]byte, error) {
	b := make([]byte, 0, 36)
	for i, n := 0, 0; i < 5; i++ {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, id[n:n+idGroups[i]])
		n += idGroups[i]
	}
	return b, nil
}

var idGroups = [5]int{4, 2, 2, 2, 6}

// UnmarshalText implements encoding.TextUnmarshaler: the text of String.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err == nil {
		*id = parsed
	}
	return err
}

// ParseID reads the text of String, in either case.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, fmt.Errorf("%w: %q is no task id (36 characters like 01890a5d-ac96-774b-bcce-b302099a8057)", ErrInvalid, s)
	}
	digits := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	if _, err := hex.Decode(id[:], []byte(digits)); err != nil {
		return ID{}, fmt.Errorf("%w: %q is no task id: %w", ErrInvalid, s, err)
	}
	return id, nil
}
