package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestNewcomer follows the pages of this checkout.
func TestNewcomer(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program from nothing")
	}
	var out bytes.Buffer
	if err := begin(t.Context(), &out, "../..", true); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); !strings.HasPrefix(lines[len(lines)-1], "newcomer: ") {
		t.Errorf("the last line is %q", lines[len(lines)-1])
	}
}

func TestRead(t *testing.T) {
	page := strings.ReplaceAll(strings.TrimPrefix(`
# Page

'''
not run
'''

'''sh
go version
# a comment
cd x
serve &
'''

'''
go … linux
'''

Put this into 'x/y.go':

'''go
package y
'''

'''sh fails
true
false
'''

Some text.

'''
not printed
'''
`, "\n"), "'", "`")
	got, err := read(page)
	if err != nil {
		t.Fatal(err)
	}
	want := []step{
		{8, run, "go version", ""},
		{10, run, "cd x", ""},
		{11, leave, "serve", ""},
		{15, expect, "go … linux", ""},
		{21, write, "package y\n", "x/y.go"},
		{25, run, "true", ""},
		{26, fail, "false", ""},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(step{})); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestReadRefuses(t *testing.T) {
	for page, want := range map[string]string{
		"text\n```go\npackage x\n```\n":          "no file is named",
		"`../x.go`:\n```go\npackage x\n```\n":    "no file inside",
		"`/etc/x.go`:\n```go\npackage x\n```\n":  "no file inside",
		"text\n```sh\ngo version\n":              "line 2: the block does not end",
		"`a/../../x.go`:\n```go\npackage\n```\n": "no file inside",
	} {
		if _, err := read(page); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", page, err, want)
		}
	}
}

// TestTake: what a page says, and what happens.
func TestTake(t *testing.T) {
	tests := []struct {
		name, page, want string // of the error
	}{
		{"all is well", "```sh\necho a line of 3 words\n```\n\n```\na line of … words\n```\n", ""},
		{"it prints something else", "```sh\necho one\n```\n\n```\ntwo\n```\n", "nothing like this was printed: two"},
		{"a command fails", "```sh\nfalse\n```\n", "exit status 1"},
		{"a command should fail", "```sh fails\ntrue\n```\n", "the page says it fails"},
		{"a folder is not there", "```sh\ncd nowhere\n```\n", "nowhere"},
		{"one is left running", "```sh\nsleep 1000 &\necho next\n```\n\n```\nnext\n```\n", ""},
		{"a file", "`a/b.go`:\n```go\npackage b\n```\n```sh\ncd a\ncat b.go\n```\n\n```\npackage b\n```\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			steps, err := read(test.page)
			if err != nil {
				t.Fatal(err)
			}
			n := newcomer{out: &shared{out: t.Output()}, dir: t.TempDir()}
			err = n.follow(t.Context(), "page", steps)
			n.stop()
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
