package codec_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// crates is where Debian's packages put the sources of libraries.
const crates = "/usr/share/cargo/registry"

// rust builds the program in rust/ with the libraries of the system, without a
// network.
func rust(b *testing.B) (program string) {
	b.Helper()
	if _, err := os.Stat(filepath.Join(crates, "rmp-serde-1.1.1")); err != nil {
		b.Skip("no rmp-serde here: apt-get install cargo librust-rmp-serde-dev librust-serde-derive-dev")
	}
	dir := b.TempDir()
	if err := os.CopyFS(dir, os.DirFS("rust")); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command("cargo", "build", "--release", "--offline", "--quiet",
		"--config", `source.crates-io.replace-with="system"`, "--config", `source.system.directory="`+crates+`"`)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(dir, "target", "release", "rmp-bench")
}

// BenchmarkRust has rmp-serde measured by a program of its own; what it says is
// the time of the row.
func BenchmarkRust(b *testing.B) {
	program := rust(b)
	for _, name := range []string{"BenchTask", "SmallTask", "MediumTask", "LargeTask"} {
		for _, codec := range []string{"tuple", "map"} {
			for _, op := range []string{"encode-fresh", "encode-reused", "decode"} {
				b.Run(name+"/rmp-serde "+codec+"/"+op, func(b *testing.B) { measure(b, program, name, codec, op) })
			}
		}
	}
}

func measure(b *testing.B, args ...string) {
	b.Helper()
	var least float64
	for b.Loop() {
		out, err := exec.Command(args[0], args[1:]...).Output()
		if err != nil {
			b.Fatal(err)
		}
		ns, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
		if err != nil {
			b.Fatal(err)
		}
		if least == 0 || ns < least {
			least = ns
		}
	}
	b.ReportMetric(least, "ns/op")
}
