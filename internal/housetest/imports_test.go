package housetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A pkg is a package as `go list -json` describes it; ImportPath and the names
// of our own packages are relative to the module ("runtime/broker").
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// packages lists every package of the main module, without its tests.
var packages = sync.OnceValues(func() ([]pkg, error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		p.ImportPath = relative(p.ImportPath)
		p.Imports, p.Deps = relatives(p.Imports), relatives(p.Deps)
		all = append(all, p)
	}
})

func relatives(paths []string) []string {
	var rel []string
	for _, p := range paths {
		if p != "C" {
			rel = append(rel, relative(p))
		}
	}
	return rel
}

// ours marks a package of this module in what relative returns.
const ours = "./"

func relative(path string) string {
	if rest, ok := strings.CutPrefix(path, module+"/"); ok {
		return ours + rest
	}
	return path
}

func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// thirdParty tells other people's packages, by their domain.
func thirdParty(path string) bool { return !strings.HasPrefix(path, ours) && !standard(path) }

func listed(t *testing.T) []pkg {
	t.Helper()
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestImportsGolden(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("# What every package imports beside the standard library, tests left out; \"./\" is\n")
	b.WriteString("# this module. Written by `go generate ./internal/housetest`.\n")
	for _, p := range listed(t) {
		fmt.Fprintf(&b, "\n%s\n", p.ImportPath)
		for _, path := range p.Imports {
			if !standard(path) {
				fmt.Fprintf(&b, "\t%s\n", path)
			}
		}
	}
	compare(t, "testdata/deps.txt", b.Bytes())
}

// A direction says what a package, or a folder of them ("/..."), may import
// directly beside the standard library: packages, or prefixes ("/...").
type direction struct {
	of    string
	allow []string
}

// directions is the law of ARCHITECTURE: a package is held by the first entry
// that matches it; one that no entry matches is free.
var directions = []direction{
	{"./runtime/broker", nil},
	{"./runtime/broker/membroker", []string{"./runtime/broker", "./runtime/internal/..."}},
	{"./runtime/broker/redisbroker", []string{"./runtime/broker", "./runtime/internal/...", "github.com/redis/go-redis/..."}},
	{"./runtime/codegen", []string{"./runtime", "./runtime/broker", "./runtime/internal/...", "github.com/tinylib/msgp/msgp"}},
	{"./runtime", []string{"./runtime/broker", "./runtime/broker/membroker", "./runtime/broker/redisbroker", "./runtime/internal/...", "./internal/cron", "github.com/redis/go-redis/..."}},
	{"./runtime/internal/...", []string{"./runtime/broker", "./runtime/internal/...", "./internal/cron"}},
	{"./internal/cron", nil}, // the generator and the runtime read specs by the same rules
	{"./gen/...", []string{"./gen/...", "./internal/cron", "github.com/BurntSushi/toml", "github.com/dave/jennifer/jen", "github.com/tinylib/msgp/...", "golang.org/x/tools/...", "golang.org/x/mod/..."}},
	{"./cmd/tqgen", []string{"./gen/...", "golang.org/x/tools/..."}},
	{"./cmd/tqgen-vet", []string{"./gen/...", "golang.org/x/tools/..."}},
}

func TestImportDirections(t *testing.T) {
	for _, p := range listed(t) {
		i := slices.IndexFunc(directions, func(d direction) bool { return covers(d.of, p.ImportPath) })
		if i < 0 {
			continue
		}
		for _, path := range p.Imports {
			if !standard(path) && !slices.ContainsFunc(directions[i].allow, func(a string) bool { return covers(a, path) }) {
				t.Errorf("%s imports %s; it may import the standard library and %q", p.ImportPath, path, directions[i].allow)
			}
		}
	}
}

// covers reports whether path is the named package or lies in the folder
// "name/...".
func covers(name, path string) bool {
	folder, ok := strings.CutSuffix(name, "/...")
	return path == folder || ok && strings.HasPrefix(path, folder+"/")
}

// importers are the libraries that only some packages may import, not counting
// what lies in tests.
var importers = []struct {
	library string
	only    []string
}{
	{"github.com/BurntSushi/toml", []string{"./runtime/config", "./gen/..."}},
	{"github.com/goccy/go-yaml/...", []string{"./runtime/config"}},
	{"github.com/spf13/...", []string{"./runtime/cli", "./internal/tq"}},
	{"charm.land/...", []string{"./internal/tq/..."}},
	{"go.opentelemetry.io/...", []string{"./runtime/tqotel"}},
	{"github.com/prometheus/...", nil},
	{"github.com/chromedp/...", nil},
	{"golang.org/x/term", []string{"./internal/console", "./cmd/...", "./examples/..."}},
	{"net/http/...", []string{"./runtime/web", "./runtime/config", "./runtime/cli", "./internal/console", "./internal/tq", "./cmd/...", "./examples/..."}},

	{"github.com/google/go-cmp/...", testSupport},
	{"github.com/rogpeppe/go-internal/...", testSupport},
	{"go.uber.org/goleak", testSupport},
	{"pgregory.net/rapid", testSupport},
	{"testing/...", append([]string{"./internal/..."}, testSupport...)},
}

// testSupport are packages that exist for tests.
var testSupport = []string{"./runtime/broker/brokertest/...", "./runtime/tqtest/...", "./internal/redistest/...", "./internal/chaos/...", "./internal/codectest/...", "./internal/codecsample/..."}

func TestOnlyTheirImporters(t *testing.T) {
	for _, p := range listed(t) {
		for _, rule := range importers {
			uses := slices.ContainsFunc(p.Imports, func(path string) bool { return covers(rule.library, path) })
			if uses && !slices.ContainsFunc(rule.only, func(o string) bool { return covers(o, p.ImportPath) }) {
				t.Errorf("%s imports %s; only %q may", p.ImportPath, rule.library, rule.only)
			}
		}
	}
}

// What never comes with a package, however indirectly.
var without = []struct {
	of   string
	deps []string
}{
	{"./runtime", []string{"net/http", "./runtime/config", "./runtime/cli", "./runtime/web", "./runtime/inspect", "./runtime/otel", "./runtime/tqtest", "./gen/..."}},
	{"./runtime/codegen", []string{"net/http", "./gen/..."}},
	{"./gen/...", []string{"./runtime/..."}},
	{"./cmd/tqgen", []string{"./runtime/..."}},
	{"./cmd/tqgen-vet", []string{"./runtime/..."}},
}

// doorLibraries is everything that a program pays for by importing the door.
var doorLibraries = []string{
	"github.com/redis/go-redis/...", "github.com/cespare/xxhash/...", "go.uber.org/atomic", "golang.org/x/sys/...", // go-redis and what it needs
	"github.com/tinylib/msgp/msgp", "github.com/philhofer/fwd",
}

func TestWhatNeverComesAlong(t *testing.T) {
	for _, p := range listed(t) {
		for _, rule := range without {
			for _, dep := range p.Deps {
				forbidden := slices.ContainsFunc(rule.deps, func(d string) bool { return covers(d, dep) })
				if covers(rule.of, p.ImportPath) && forbidden {
					t.Errorf("%s depends on %s", p.ImportPath, dep)
				}
			}
		}
		if p.ImportPath != "./runtime" && p.ImportPath != "./runtime/codegen" {
			continue
		}
		for _, dep := range p.Deps {
			if thirdParty(dep) && !slices.ContainsFunc(doorLibraries, func(l string) bool { return covers(l, dep) }) {
				t.Errorf("%s depends on %s: is it worth that every user pays for it?", p.ImportPath, dep)
			}
		}
	}
}
