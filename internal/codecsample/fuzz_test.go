package codecsample_test

import (
	"math/rand/v2"
	"testing"

	"github.com/tqgen/taskqueue/internal/codecsample"
	"github.com/tqgen/taskqueue/internal/codectest"
)

// FuzzDecode gives any bytes to every decoder. What one accepts can be encoded,
// and read again to the same length.
func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, c := range codecsample.All() {
		data, err := codectest.Random(c, r).MarshalMsg(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[:min(len(data), 500)])
	}
	for _, header := range []string{"\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff", "\xc6\xff\xff\xff\xff", "\xdb\xff\xff\xff\xff"} {
		f.Add([]byte("\x81\xa4Many" + header))
		f.Add([]byte("\x81\xa4Kids" + header))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		for _, c := range codecsample.All() {
			if _, err := c.UnmarshalMsg(payload); err == nil {
				again(t, c)
			}
		}
	})
}

func again(t *testing.T, c codectest.Codec) {
	t.Helper()
	data, err := c.MarshalMsg(nil)
	if err != nil {
		t.Fatalf("%T was decoded but is not encoded: %v", c, err)
	}
	if size := c.Msgsize(); len(data) > size {
		t.Errorf("%T: %d bytes, Msgsize says %d", c, len(data), size)
	}
	if rest, err := c.UnmarshalMsg(data); err != nil || len(rest) > 0 {
		t.Fatalf("%T wrote %x, of which it leaves %x, %v", c, data, rest, err)
	}
	if other, err := c.MarshalMsg(nil); err != nil || len(other) != len(data) {
		t.Fatalf("%T wrote %x, then %x, %v", c, data, other, err)
	}
}
