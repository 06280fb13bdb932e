package gen_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/tqgen/taskqueue/gen"
)

// benchmarked makes this program do one run of something in the working
// directory, print the most memory that it had resident, in KiB, and end.
const benchmarked = "TQGEN_BENCHMARKED"

func TestMain(m *testing.M) {
	what := os.Getenv(benchmarked)
	if what == "" {
		os.Exit(m.Run())
	}
	if err := one(what); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(resident())
}

func one(what string) error {
	if what == "LoadSyntax" {
		// LoadSyntax is what most generators use; its own name for that is deprecated.
		loaded, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax}, "./...")
		if err == nil && len(loaded) < 1000 {
			err = fmt.Errorf("%d packages", len(loaded))
		}
		return err
	}
	result, err := gen.Run(context.Background(), gen.Config{Loader: what})
	if err == nil && len(result.Diagnostics) > 0 {
		err = fmt.Errorf("%v", result.Diagnostics)
	}
	return err
}

// resident is VmHWM of this process; 0 where there is no /proc.
func resident() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" {
			kib, _ := strconv.Atoi(f[1])
			return kib
		}
	}
	return 0
}

// BenchmarkProcess compares whole processes on a module of 1,000 packages: wall
// time, and the most memory that the process itself had. The go commands that
// they start come on top: none for the fast loader.
func BenchmarkProcess(b *testing.B) {
	for _, bm := range []struct {
		name, what   string
		fresh, empty bool // without generated files; with an empty build cache
	}{
		{"tqgen/up_to_date", "fast", false, false},
		{"tqgen/first_run", "fast", true, false},
		{"tqgen/empty_build_cache", "fast", false, true},
		{"tqgen-loader=packages", "packages", false, false},
		{"LoadSyntax/warm_build_cache", "LoadSyntax", false, false},
		{"LoadSyntax/empty_build_cache", "LoadSyntax", false, true},
	} {
		b.Run(bm.name, func(b *testing.B) {
			dir := largeModule(b)
			generated := func() []string {
				files, err := filepath.Glob(filepath.Join(dir, "*", "taskqueue_*.go"))
				if err != nil {
					b.Fatal(err)
				}
				return files
			}
			child(b, dir, "fast") // also warms what is to be warm
			if len(generated()) != 43 {
				b.Fatalf("%d files", len(generated()))
			}
			kib := 0
			for b.Loop() {
				b.StopTimer()
				var env []string
				if bm.empty {
					env = append(env, "GOCACHE="+b.TempDir())
				}
				if bm.fresh {
					for _, name := range generated() {
						if err := os.Remove(name); err != nil {
							b.Fatal(err)
						}
					}
				}
				b.StartTimer()
				kib = max(kib, child(b, dir, bm.what, env...))
			}
			b.ReportMetric(float64(kib)/1024, "MiB")
		})
	}
}

// child runs this program, and returns how much memory it had, in KiB.
func child(b *testing.B, dir, what string, env ...string) int {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), benchmarked+"="+what), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("%s: %v\n%s", what, err, stderr.String())
	}
	kib, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		b.Fatal(err)
	}
	return kib
}
