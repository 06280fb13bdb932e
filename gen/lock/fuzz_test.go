package lock

import (
	"bytes"
	"os"
	"testing"
)

// FuzzParse: whatever tasks.lock holds, it is refused or read; and what was read is
// written as a text that reads the same.
func FuzzParse(f *testing.F) {
	for _, path := range []string{"../../tasks.lock", "../../bench/tasks.lock"} {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("protocol = 1\n"))
	f.Add([]byte("protocol = 1\n[tasks.\"a.B\"]\nversion = 1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := Parse(text)
		if err != nil {
			return
		}
		first := l.Bytes()
		again, err := Parse(first)
		if err != nil {
			t.Fatalf("%v: what was written cannot be read:\n%s", err, first)
		}
		if second := again.Bytes(); !bytes.Equal(first, second) {
			t.Errorf("written as\n%s\nthen as\n%s", first, second)
		}
	})
}
