package codegen_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/tqgen/taskqueue/internal/codecsample"
)

// The first string of a tuple has fast ways for some lengths. Whatever the way and
// the room in the buffer, the bytes are msgp's, and nobody else's are touched.
func TestFirstStringOfTuple(t *testing.T) {
	for n := range 300 {
		text := strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz", 9)[:n]
		want := string(msgp.AppendString([]byte("\x91"), text))
		for room := range n + 24 {
			const before, after = "before", "after"
			memory := []byte(before + strings.Repeat("\x00", room) + after)
			got, err := (&codecsample.Bench{Data: text}).MarshalMsg(memory[: len(before) : len(before)+room])
			if string(got) != before+want || err != nil {
				t.Fatalf("%d bytes into room for %d: %q, %v", n, room, got, err)
			}
			if tail := string(memory[len(before)+room:]); tail != after {
				t.Fatalf("%d bytes into room for %d: behind it is %q", n, room, tail)
			}
		}
	}
	if fresh, _ := (&codecsample.Bench{Data: "0123456789"}).MarshalMsg(nil); fmt.Sprintf("%q", fresh) != `"\x91\xaa0123456789"` {
		t.Errorf("%q", fresh)
	}
}
