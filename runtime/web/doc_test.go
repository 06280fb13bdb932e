package web

import (
	"os"
	"strings"
	"testing"
)

// TestGuideNamesEveryEndpoint: docs/web.md lists what there is.
func TestGuideNamesEveryEndpoint(t *testing.T) {
	text, err := os.ReadFile("../../docs/web.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tables, _ := strings.Cut(string(text), "## Endpoints")
	for _, e := range (&handler{}).endpoints() {
		if !strings.Contains(tables, "`"+e.path+"`") {
			t.Errorf("docs/web.md does not name %s", e.path)
		}
	}
}

// TestNothingFromElsewhere: the dashboard is all its own, and has no inline code
// or style that the policy would refuse.
func TestNothingFromElsewhere(t *testing.T) {
	entries, err := files.ReadDir("assets")
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, Config{})
	for _, e := range entries {
		data, err := files.ReadFile("assets/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(data), "http://www.w3.org/2000/svg", "")
		for _, bad := range []string{"http://", "https://", "//cdn", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "style=", "onclick=", "@import", "url("} {
			if strings.Contains(text, bad) {
				t.Errorf("%s has %s", e.Name(), bad)
			}
		}
		path := "/tasks/assets/" + e.Name()
		if e.Name() == "index.html" {
			path = "/tasks/"
		}
		if a := f.get(path); a.code != 200 || a.text != string(data) {
			t.Errorf("%s: %d", path, a.code)
		}
	}
	if len(entries) < 6 {
		t.Errorf("%d files", len(entries))
	}
}
