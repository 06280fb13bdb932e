package codegen

import (
	"math"
	"unsafe"
)

// MaxDepth is how deep a recursive struct may contain itself, both ways.
const MaxDepth = 1000

// A Meter bounds what one payload may cost: every slice, map and pointer is paid
// for before it is made, from one account for all of them. A payload of honest
// size has enough: no value takes more than 32 bytes of memory for each of its
// own on the wire, unless it leaves fields out.
type Meter struct{ room, depth int }

// NewMeter is the account of a payload.
func NewMeter(payload []byte) Meter { return Meter{room: 4<<10 + 32*len(payload)} }

func (m *Meter) pay(b []byte, n int, size uintptr) error {
	if uint64(n)*uint64(size) > uint64(m.room) {
		return bad(b, errRoom)
	}
	m.room -= n * int(size)
	return nil
}

// Enter begins a recursive struct, Leave ends it.
func (m *Meter) Enter(b []byte) error {
	if m.depth == MaxDepth {
		return bad(b, errDepth)
	}
	m.depth++
	return nil
}

// Leave ends what Enter began.
func (m *Meter) Leave() { m.depth-- }

// CheckDepth is Enter for an encoder, which counts for itself.
func CheckDepth(depth int) error {
	if depth >= MaxDepth {
		return errDepth
	}
	return nil
}

// Unbounded is the size of what is nested too deep: negative, and it stays so
// whatever is added to it.
const Unbounded = math.MinInt / 2

// New makes what a pointer points to.
func New[T any](b []byte, m *Meter) (*T, error) {
	if err := m.pay(b, 1, unsafe.Sizeof(*new(T))); err != nil {
		return nil, err
	}
	return new(T), nil
}
