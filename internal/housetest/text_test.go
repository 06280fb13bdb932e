package housetest

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// machine is what is true on one machine only: absolute paths of people and of
// sandboxes, and the hosts from which packages come. It is spelled so that it
// does not find itself.
var machine = regexp.MustCompile(`(^|[^\w.])/(ho` + `me|ro` + `ot|Us` + `ers|wo` + `rk)/\w|/tm` + `p/\w|(pro` + `xy|su` + `m)\.golang\.org|reg` + `istry\.npmjs|py` + `pi\.org|deb\.deb` + `ian`)

// TestNoMachine looks at every text file of the repository.
func TestNoMachine(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || path == filepath.Join(root, "bin")):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || bytes.IndexByte(text, 0) >= 0 {
			return err
		}
		seen++
		for i, line := range strings.Split(string(text), "\n") {
			if found := machine.FindString(line); found != "" {
				t.Errorf("%s:%d: %q is true on one machine only", path, i+1, found)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 100 {
		t.Errorf("only %d text files under %s: is this the repository?", seen, root)
	}
}

func TestNoMachineSees(t *testing.T) {
	for _, tt := range []struct {
		line string
		bad  bool
	}{
		{"see /wo" + "rk/x", true},
		{"\"/ho" + "me/me/file\"", true},
		{"/tm" + "p/run.log", true},
		{"GOPROXY=https://pro" + "xy.golang.org", true},
		{"net/wo" + "rk/file", false},
		{"runtime/internal/wo" + "rker/run.go", false},
		{"https://golang.org", false},
	} {
		if got := machine.MatchString(tt.line); got != tt.bad {
			t.Errorf("%q: %v, want %v", tt.line, got, tt.bad)
		}
	}
}
