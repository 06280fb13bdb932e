package housetest

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// promise is a row of the table of promises; its last cell names the proofs.
var promise = regexp.MustCompile(`(?m)^\| (P\d+) \|.*\| ([^|]*) \|$`)

// TestGuaranteesNameTheirProofs: what a promise is held by exists.
func TestGuaranteesNameTheirProofs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/guarantees.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := promise.FindAllStringSubmatch(string(text), -1)
	if len(rows) != 12 {
		t.Errorf("%d promises, want 12", len(rows))
	}
	x := newIndex(t)
	for _, row := range rows {
		for _, name := range quoted.FindAllStringSubmatch(row[2], -1) {
			if name[1] == "mem://" {
				continue
			}
			if err := x.resolve(name[1]); err != nil {
				t.Errorf("docs/guarantees.md: %s: %v", row[1], err)
			}
		}
	}
}
