package housetest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// snippet is a block of Go in a Markdown file.
var snippet = regexp.MustCompile("(?s)```go\n(.*?)```")

// indented is Go in a block that is only indented, where no test would look at it.
var indented = regexp.MustCompile(`(?m)^ {4}(?:func |type |package |import |//taskqueue:).*`)

// TestSnippets: every block of Go in README.md and docs stands, word for word, in a
// Go file that is compiled: a test, an example or the code itself. A line with
// nothing but "// …" stands for what was left out. The files of docs/first-task.md are
// written, compiled and run by internal/newcomer.
func TestSnippets(t *testing.T) {
	all, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	var code []string
	for _, s := range all {
		code = append(code, words(string(s.text)))
	}
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(slices.DeleteFunc(pages, followed), filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if found := indented.FindString(fence.ReplaceAllString(string(text), "")); found != "" {
			t.Errorf("%s: put this into a block of ```go:\n%s", page, found)
		}
		for _, part := range parts(string(text)) {
			if !anywhere(code, part) {
				t.Errorf("%s: no Go file has this; put it into an Example or a test:\n%s", page, part)
			}
		}
	}
}

func followed(page string) bool { return filepath.Base(page) == "first-task.md" }

// parts are the pieces of a page's snippets that must be found.
func parts(page string) (all []string) {
	for _, block := range snippet.FindAllStringSubmatch(page, -1) {
		for _, part := range regexp.MustCompile(`(?m)^\s*// …$`).Split(block[1], -1) {
			if part = words(part); part != "" {
				all = append(all, part)
			}
		}
	}
	return all
}

// words makes all white space one blank.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

func anywhere(code []string, part string) bool {
	for _, text := range code {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

func TestSnippetsSee(t *testing.T) {
	page := "text\n```go\nx := 1\n// …\ny :=\t2\n```\nmore\n```\nno go\n```\n"
	got := parts(page)
	if len(got) != 2 || got[0] != "x := 1" || got[1] != "y := 2" {
		t.Errorf("parts: %q", got)
	}
	if anywhere([]string{words("func f() {\n\tx := 1\n}")}, got[1]) || !anywhere([]string{words("func f() {\n\ty  := 2\n}")}, got[1]) {
		t.Error("found what is not there, or not what is")
	}
	if !indented.MatchString("text\n\n    type T struct{}\n") || indented.MatchString("text\n\n    tqgen ./...\n") {
		t.Error("an indented block of Go is not seen, or another one is")
	}
}
