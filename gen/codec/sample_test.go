package codec_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const sampleDir = "../../internal/codecsample"

// golden compares a generated file with the one that is checked in.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is stale; run go test ./gen/codec -update (-want +got):\n%s", path, diff)
	}
}

func TestSample(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(sampleDir, "types.go"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join(sampleDir, "codec_gen.go"), generate(t, string(source)))
}
