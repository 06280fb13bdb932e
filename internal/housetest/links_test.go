package housetest

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var (
	fence    = regexp.MustCompile("(?ms)^ *```.*?^ *```[ \t]*$")
	codeSpan = regexp.MustCompile("``.+?``|`[^`\n]*`")
	link     = regexp.MustCompile(`\]\(<?([^()\s<>]+)[^()]*\)|\b(?:src|srcset|href)="([^"\s]+)`)
	heading  = regexp.MustCompile(`(?m)^#{1,6} +(.+?)[ #]*$`)
	linkText = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
)

// TestLinks: what the pages of the repository point to within it is there, headings too.
func TestLinks(t *testing.T) {
	pages := pages(t)
	seen := 0
	for name, text := range pages {
		for _, target := range links(text) {
			seen++
			if err := follow(pages, name, target); err != nil {
				t.Errorf("%s: %s: %v", name, target, err)
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d links: is this the repository?", seen)
	}
}

// TestIndex: docs/README.md lists all pages of docs.
func TestIndex(t *testing.T) {
	pages := pages(t)
	listed := links(pages["docs/README.md"])
	for name := range pages {
		page, in := strings.CutPrefix(name, "docs/")
		if in && page != "README.md" && path.Dir(page) != "decisions" && !slices.Contains(listed, page) {
			t.Errorf("docs/README.md does not list %s", page)
		}
	}
	decisions := links(pages["docs/decisions/README.md"])
	for name := range pages {
		if path.Dir(name) == "docs/decisions" && path.Base(name) != "README.md" && !slices.Contains(decisions, path.Base(name)) {
			t.Errorf("docs/decisions/README.md does not list %s", path.Base(name))
		}
	}
}

// pages are the Markdown files that people read, by their path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "examples/*.md", "examples/*/*.md", "bench/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			pages[filepath.ToSlash(name)] = string(text)
		}
	}
	return pages
}

// links are the targets within the repository that a page names, code excepted.
func links(page string) (targets []string) {
	page = codeSpan.ReplaceAllString(fence.ReplaceAllString(page, ""), "")
	for _, m := range link.FindAllStringSubmatch(page, -1) {
		if target := m[1] + m[2]; !strings.Contains(target, ":") {
			targets = append(targets, target)
		}
	}
	return targets
}

// follow looks whether target, a link on the page name, leads somewhere.
func follow(pages map[string]string, name, target string) error {
	file, anchor, anchored := strings.Cut(target, "#")
	if file = path.Join(path.Dir(name), file); strings.HasPrefix(target, "#") {
		file = name
	}
	if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(file))); err != nil {
		return fmt.Errorf("there is no %s", file)
	}
	if page, ok := pages[file]; ok && anchored && !slices.Contains(anchors(page), anchor) {
		return fmt.Errorf("%s has no heading #%s", file, anchor)
	}
	return nil
}

// anchors are what GitHub calls the headings of a page.
func anchors(page string) (names []string) {
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		slug := slug(m[1])
		name := slug
		for n := 1; slices.Contains(names, name); n++ {
			name = fmt.Sprintf("%s-%d", slug, n)
		}
		names = append(names, name)
	}
	return names
}

func slug(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, linkText.ReplaceAllString(heading, "$1"))
}

func TestLinksSee(t *testing.T) {
	pages := map[string]string{
		"docs/README.md": "# `tq top`, live\n\n## [Limits](x.md)\n\n## Limits\n\n```\n# no heading, [no](link)\n```\n",
	}
	if got := links("[a](a.md#x) `[b](b.md)` <img src=\"c.svg\"> [d](https://d.example/)\n```\n[e](e.md)\n```\n"); !slices.Equal(got, []string{"a.md#x", "c.svg"}) {
		t.Errorf("links: %q", got)
	}
	if got := anchors(pages["docs/README.md"]); !slices.Equal(got, []string{"tq-top-live", "limits", "limits-1"}) {
		t.Errorf("anchors: %q", got)
	}
	for target, good := range map[string]bool{
		"README.md#limits-1": true, "README.md#limits-2": false, "README.md": true, "none.md": false, "../README.md": true,
	} {
		if err := follow(pages, "docs/a.md", target); (err == nil) != good {
			t.Errorf("%s: %v", target, err)
		}
	}
}
