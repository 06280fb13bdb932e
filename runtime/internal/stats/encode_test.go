package stats

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var all = cmp.AllowUnexported(Durations{})

func TestEncoded(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		var want, got Durations
		for range n {
			want.Observe(time.Duration(1) << random.IntN(60))
		}
		rest, err := got.Read(append(want.Append(nil), "more"...))
		if err != nil || string(rest) != "more" {
			t.Fatalf("%d times: %q left, %v", n, rest, err)
		}
		if diff := cmp.Diff(want, got, all); diff != "" {
			t.Fatalf("%d times (-want +got):\n%s", n, diff)
		}
	}
}

func TestEncodedIsSmall(t *testing.T) {
	var d Durations
	random := rand.New(rand.NewPCG(1, 2))
	for range 1_000_000 {
		d.Observe(time.Duration(random.ExpFloat64() * float64(20*time.Millisecond)))
	}
	if n := len(d.Append(nil)); n > 500 {
		t.Errorf("%d bytes", n)
	}
}

func FuzzRead(f *testing.F) {
	var d Durations
	d.Observe(time.Second)
	f.Add(d.Append(nil))
	f.Add([]byte("\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var one, two Durations
		if _, err := one.Read(b); err != nil {
			return
		}
		if rest, err := two.Read(one.Append(nil)); err != nil || len(rest) > 0 {
			t.Fatalf("%d bytes are left, %v", len(rest), err)
		}
		if diff := cmp.Diff(one, two, all); diff != "" {
			t.Errorf("read again (-first +second):\n%s", diff)
		}
	})
}
