package files

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDigest(t *testing.T) {
	for _, tt := range []struct {
		name, content string
		lines         int64
	}{
		{"empty", "", 0},
		{"one line", "package p\n", 1},
		{"no line feed at the end", "package p\n\nvar x int", 3},
		{"only line feeds", "\n\n", 2},
		{"larger than any buffer", strings.Repeat("0123456789abcde\n", 1<<16), 1 << 16},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f.go")
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := Digester{}.Digest(t.Context(), &Digest{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			want := &Sum{Size: int64(len(tt.content)), Lines: tt.lines, SHA256: sha256.Sum256([]byte(tt.content))}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Sum{}, "Wait", "Run")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDigestMissingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.go")
	if sum, err := (Digester{}).Digest(t.Context(), &Digest{Path: path}); !errors.Is(err, os.ErrNotExist) || sum != nil {
		t.Errorf("got %v, %v", sum, err)
	}
}

// A run stops when its context ends, also while it pauses, and says why.
func TestDigestStops(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	path := filepath.Join(t.TempDir(), "f.go")
	if err := os.WriteFile(path, []byte("package p\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, d := range []Digester{{}, {Pause: time.Hour}} {
		if _, err := d.Digest(ctx, &Digest{Path: path}); !errors.Is(err, cause) {
			t.Errorf("pause %v: %v", d.Pause, err)
		}
	}
}
