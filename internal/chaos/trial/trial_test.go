package trial

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTrial(t *testing.T) {
	for _, tt := range []struct {
		name   string
		f      func(b *Trial)
		failed bool
		text   string
	}{
		{"nothing", func(*Trial) {}, false, ""},
		{"log", func(b *Trial) { b.Log("a", 1); b.Logf("b%d", 2) }, false, "     a 1\n     b2\n"},
		{"error", func(b *Trial) { b.Error("a"); b.Errorf("b") }, true, "     a\n     b\n"},
		{"fatal", func(b *Trial) { b.Fatal("a"); b.Log("never") }, true, "     a\n"},
		{"fatalf", func(b *Trial) { b.Fatalf("a%d", 1); b.Log("never") }, true, "     a1\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := New(tt.name)
			var order []string
			var dir string
			b.Run(func() {
				b.Cleanup(func() { order = append(order, "first") })
				dir = b.TempDir()
				b.Cleanup(func() { order = append(order, "last") })
				tt.f(b)
			})
			if b.Failed() != tt.failed || b.Text() != tt.text {
				t.Errorf("failed %v, %q; want %v, %q", b.Failed(), b.Text(), tt.failed, tt.text)
			}
			if diff := cmp.Diff([]string{"last", "first"}, order); diff != "" {
				t.Errorf("cleanups (-want +got):\n%s", diff)
			}
			if _, err := os.Stat(dir); err == nil || b.Context().Err() == nil {
				t.Error("its folder and its context outlive it")
			}
		})
	}
}
