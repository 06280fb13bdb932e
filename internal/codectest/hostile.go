package codectest

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// What decoding may allocate: 32 bytes for each of the payload, and what small
// values, an error and its path cost.
const (
	perByte    = 32
	perPayload = 4<<10 + 1<<10
)

// headers claim lengths that nothing follows.
var headers = []string{
	"\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff", "\xc6\xff\xff\xff\xff", "\xdb\xff\xff\xff\xff", "\xc9\xff\xff\xff\xff\x05",
	"\xdc\xff\xff", "\xde\xff\xff", "\xc5\xff\xff", "\xda\xff\xff", "\xc8\xff\xff\x05",
	"\xdd\x00\x10\x00\x00", "\xdf\x00\x10\x00\x00", "\xdd\x7f\xff\xff\xff", "\xdf\x80\x00\x00\x00", "\xc6\x7f\xff\xff\xff",
}

// leads begin a value of each type.
const leads = "\x00\x7f\x80\x81\x8f\x90\x91\x9f\xa0\xa1\xbf\xc0\xc1\xc2\xc3\xc4\xc7\xca\xcb\xcc\xcd\xce\xcf\xd0\xd1\xd2\xd3\xd4\xd6\xd8\xd9\xdc\xde\xe0\xff"

// nested are values inside of values, as deep as they are long.
func nested(n int) [][]byte {
	var all [][]byte
	for _, link := range []string{"\x91", "\x81\xa0", "\xdd\x00\x00\x00\x01", "\x92\x90", "\x81\xc0", "\xdd\x00\x00\xff\xff", "\xdf\x00\x00\x7f\xff\xa0"} {
		all = append(all, bytes.Repeat([]byte(link), n))
	}
	return all
}

// Hostile decodes what no honest producer wrote: it may be accepted or refused,
// but it neither panics nor costs more memory than its length allows.
func Hostile(t testing.TB, r *rand.Rand, c Codec) {
	t.Helper()
	data := short(t, r, c)
	decode(t, c, hostile(data, r))
	decode(t, c, nested(20_000))
	decode(t, c, grafts(data))
}

// hostile are payloads made from an honest one: each byte replaced by the
// beginning of another type, cut off after a false length, or doubled.
func hostile(data []byte, r *rand.Rand) [][]byte {
	var all [][]byte
	for _, h := range headers {
		all = append(all, []byte(h), append([]byte(h), make([]byte, 4096)...))
	}
	for i := range positions(data, r) {
		head, tail := data[:i], data[i+1:]
		for _, lead := range []byte(leads) {
			all = append(all, slices.Concat(head, []byte{lead}, tail))
		}
		for _, h := range headers {
			all = append(all, slices.Concat(head, []byte(h), tail), slices.Concat(head, []byte(h)))
		}
		all = append(all, slices.Concat(head, data[i:], tail), slices.Concat(head, data))
	}
	return all
}

// grafts put deep and long values where a part of an honest one was.
func grafts(data []byte) [][]byte {
	var all [][]byte
	for i := range min(len(data), 64) {
		for _, n := range nested(300) {
			all = append(all, slices.Concat(data[:i], n))
		}
	}
	return all
}

// positions are all of a short payload, some of a long one.
func positions(data []byte, r *rand.Rand) map[int]bool {
	chosen := map[int]bool{}
	for i := range min(len(data), 48) {
		chosen[i] = true
	}
	for range min(len(data), 48) {
		chosen[r.IntN(len(data))] = true
	}
	return chosen
}

// decode measures all payloads together: one that broke the rule would break
// it for all.
func decode(t testing.TB, c Codec, payloads [][]byte) {
	t.Helper()
	allowed := uint64(0)
	for _, p := range payloads {
		allowed += uint64(perByte*len(p) + perPayload)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	out := New(c)
	for _, p := range payloads {
		_, _ = out.UnmarshalMsg(p)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > allowed {
		t.Errorf("%s: %d payloads made its decoder allocate %d bytes, more than %d", Name(c), len(payloads), got, allowed)
	}
}
