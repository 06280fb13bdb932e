package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tree makes a folder of n Go files and some that are none of them.
func tree(t *testing.T, n int) string {
	t.Helper()
	files := fstest.MapFS{
		"README.md":         {Data: []byte("no Go\n")},
		"empty.go":          {},
		"unended/last.go":   {Data: []byte("package last // no line feed")},
		"folder.go/file.go": {Data: []byte("package file\n")},
	}
	for i := range n - 3 {
		files[fmt.Sprintf("p%d/f%d.go", i%7, i)] = &fstest.MapFile{Data: []byte(strings.Repeat("// a line\n", i+1))}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	return dir
}

// digest runs the program in this process.
func digest(ctx context.Context, t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	out, errs := create(t, filepath.Join(dir, "out")), create(t, filepath.Join(dir, "err"))
	code = run(ctx, args, out, errs)
	return code, content(t, out), content(t, errs)
}

func create(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func read(t *testing.T, f *os.File) string {
	t.Helper()
	text, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// content closes the file, too.
func content(t *testing.T, f *os.File) string {
	t.Helper()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return read(t, f)
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return lines[len(lines)-1]
}

// demand fails unless text matches each pattern.
func demand(t *testing.T, text string, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		if !regexp.MustCompile(`(?m)` + p).MatchString(text) {
			t.Errorf("no match for %q in:\n%s", p, text)
		}
	}
}

// retries of 9 faulty copies: at least 4·1 + 4·2 of those that heal, more where
// they were healed late, and 4 of the one that does not.
const retries = `^retries +(1[6-9]|2\d|3[0-6])$`

func TestVerifiedInMemory(t *testing.T) {
	code, stdout, stderr := digest(t.Context(), t, "-verify", "-root", tree(t, 300))
	if code != 0 || stderr != "" {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	if got := lastLine(stdout); got != "verified 300 of 300" {
		t.Errorf("the last line is %q", got)
	}
	demand(t, stdout,
		`^300 Go files under .* and 9 faulty copies, through mem://`,
		`^309 of 309 tasks, .*, \d+ retries, 1 dead$`,
		`^files +300 of 300$`,
		`^throughput +[\d,]+ files/s, [\d.]+ MB/s: all files in `,
		`^wait +p50 .*, p95 .*, p99 `, `^run +p50 .*, p95 .*, p99 `,
		retries,
		`^faulty copies +8 of 8 healed$`,
		`^dead letters +1$`,
		`^ +\S+ is dead after 5 runs \(files\.Digest, \d+ bytes of payload\): open .*000\.go: `,
		`^worker +\S+: 308 tasks$`)
}

func TestWithoutFaults(t *testing.T) {
	code, stdout, stderr := digest(t.Context(), t, "-faults", "0", "-log", "-root", tree(t, 10))
	if code != 0 {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	demand(t, stdout, `^retries +0$`, `^dead letters +0$`, `^worker .*: 10 tasks$`)
	demand(t, stderr, `msg="worker started"`, `msg="worker stopped"`)
}

// What cannot be read is reported, and is not verified.
func TestUnreadableFile(t *testing.T) {
	dir := tree(t, 10)
	paths, err := find(dir)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	other := again(append(content, '!'))
	for _, tt := range []struct {
		name, path, want string
		outcome          outcome
	}{
		{"other content", paths[0], `the queue says .*, the file is `, outcome{sum: &other}},
		{"no result", paths[0], `: no result$`, outcome{}},
		{"dead", paths[0], `: it broke$`, outcome{err: fmt.Errorf("it broke")}},
		{"gone", filepath.Join(dir, "gone.go"), `gone\.go`, outcome{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			agree, problems, err := verify(t.Context(), []string{tt.path}, map[string]outcome{tt.path: tt.outcome})
			if agree != 0 || len(problems) != 1 || err != nil {
				t.Fatalf("%d agree, problems %q, error %v", agree, problems, err)
			}
			demand(t, problems[0], tt.want)
		})
	}
}

func TestUsage(t *testing.T) {
	empty, small := t.TempDir(), tree(t, 3)
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"help", []string{"-help"}, 0, `(?s)-verify.*compare`},
		{"unknown flag", []string{"-nonsense"}, 2, `not defined: -nonsense`},
		{"argument", []string{"dir"}, 2, `^digest: unexpected argument "dir"`},
		{"role", []string{"-role", "boss"}, 2, `^digest: -role "boss": there are all, producer and worker$`},
		{"worker in memory", []string{"-role", "worker"}, 2, `^digest: -role worker needs -redis URL`},
		{"faults", []string{"-faults", "-1"}, 2, `^digest: -faults -1 is outside 0 to 1000$`},
		{"pause", []string{"-pause", "-1s"}, 2, `^digest: -pause -1s is negative$`},
		{"store", []string{"-redis", "ftp://user:secret@host/"}, 2, `^digest: .*unknown store "ftp://"`},
		{"slots", []string{"-slots", "-1", "-root", small}, 2, `^digest: .*-1 slots are outside`},
		{"lease", []string{"-lease", "1ms", "-root", small}, 2, `^digest: .*Lease 1ms is outside`},
		{"no folder", []string{"-root", filepath.Join(empty, "none")}, 2, `^digest: .*none: `},
		{"no files", []string{"-root", empty}, 2, `^digest: there is no \.go file under `},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := digest(t.Context(), t, tt.args...)
			if code != tt.code {
				t.Errorf("exit %d, want %d", code, tt.code)
			}
			demand(t, stderr, tt.want)
			if strings.Contains(stdout+stderr, "secret") {
				t.Errorf("the password is shown:\n%s%s", stdout, stderr)
			}
		})
	}
}

// An interrupt while tasks run ends the program long before they are all done.
func TestInterrupt(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	dir := t.TempDir()
	out, errs := create(t, filepath.Join(dir, "out")), create(t, filepath.Join(dir, "err"))
	code := make(chan int)
	go func() {
		code <- run(ctx, []string{"-verify", "-pause", "10ms", "-slots", "1", "-root", tree(t, 1000)}, out, errs)
	}()
	for !strings.Contains(read(t, out), "of 1,009 tasks") {
		time.Sleep(10 * time.Millisecond)
	}
	interrupt()
	if got := <-code; got != exitInterrupted {
		t.Errorf("exit %d, want %d", got, exitInterrupted)
	}
	demand(t, content(t, errs), `^digest: interrupted`)
	if stdout := content(t, out); strings.Contains(stdout, "verified") {
		t.Errorf("an interrupted run claims:\n%s", stdout)
	}
}

func TestFaultsAreRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	code, stdout, stderr := digest(t.Context(), t, "-root", tree(t, 3))
	if code != 0 {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %v, %v", left, err)
	}
}
