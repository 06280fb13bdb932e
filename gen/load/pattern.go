package load

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// A pattern selects folders of the module as the go command's patterns do.
type pattern struct {
	text string
	rel  string // folder from the root of the module; "" is the root
	all  bool   // and everything below: it ended in "..."
}

// parsePattern understands folders (., ./a, /abs/a), import paths in the
// module, and both with /... at the end. dir is where relative ones start.
func parsePattern(m Module, dir, text string) (pattern, error) {
	p := pattern{text: text}
	name := text
	switch {
	case name == "...":
		name, p.all = m.Path, true
	case strings.HasSuffix(name, "/..."):
		name, p.all = strings.TrimSuffix(name, "/..."), true
	}
	if strings.Contains(name, "...") {
		return p, fmt.Errorf("pattern %q: \"...\" may only stand at the end", text)
	}
	if rest, ok := strings.CutPrefix(name+"/", m.Path+"/"); ok {
		p.rel = strings.TrimSuffix(rest, "/")
		return p, nil
	}
	abs := filepath.FromSlash(name)
	if !filepath.IsAbs(abs) {
		abs = filepath.Join(dir, abs)
	}
	if resolved, err := filepath.EvalSymlinks(abs); err == nil {
		abs = resolved
	}
	rel, err := filepath.Rel(m.Dir, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return p, fmt.Errorf("pattern %q: not in the module %s (%s); run tqgen there", text, m.Path, m.Dir)
	}
	if p.rel = filepath.ToSlash(rel); p.rel == "." {
		p.rel = ""
	}
	return p, nil
}

func (p pattern) matches(rel string) bool {
	return rel == p.rel || p.all && (p.rel == "" || strings.HasPrefix(rel, p.rel+"/"))
}

// selectDirs finds the folders that the patterns match.
func (t *Tree) selectDirs(dir string, texts []string) error {
	t.Selected = map[string]bool{}
	for _, text := range texts {
		p, err := parsePattern(t.Module, dir, text)
		if err != nil {
			return err
		}
		t.patterns = append(t.patterns, p)
		some := false
		for _, d := range t.Dirs {
			if p.matches(t.Module.rel(d.Import)) {
				t.Selected[d.Import], some = true, true
			}
		}
		if !some {
			return fmt.Errorf("pattern %q: no Go files in the module %s match it", text, t.Module.Path)
		}
	}
	return nil
}

// Matches reports whether the patterns match a package of the module, which
// need not exist any more.
func (t *Tree) Matches(importPath string) bool {
	return slices.ContainsFunc(t.patterns, func(p pattern) bool { return p.matches(t.Module.rel(importPath)) })
}
