package config

import (
	"fmt"
	"slices"
	"strings"
)

// A gap is what Load reads and checks and this release does nothing with.
type gap struct {
	path string // of a key, or of a table; * is any name
	why  string
}

// gaps has a row for each of them, and Load warns about those that are set.
// Whoever makes a key work deletes its row.
var gaps = []gap{
	{"scheduler.tick_interval", "there is no tick: workers wake when a task is due"},
	{"scheduler.max_tasks_per_tick", "there is no tick: all that is due runs"},
}

// pending reports whether a key does nothing yet.
func pending(path string) bool {
	return slices.ContainsFunc(gaps, func(g gap) bool { return within(g.path, path) })
}

// within reports whether path is the pattern or lies under it.
func within(pattern, path string) bool {
	if strings.Contains(pattern, "*") {
		before, after, _ := strings.Cut(pattern, "*")
		return strings.HasPrefix(path, before) && strings.HasSuffix(path, after)
	}
	return path == pattern || strings.HasPrefix(path, pattern+".")
}

// warnGaps says once for each gap where it was first set, and how often.
func (l *loader) warnGaps() {
	for _, g := range gaps {
		var first source
		n := 0
		for _, path := range l.order {
			if within(g.path, path) {
				if n++; n == 1 {
					first = l.config.sources[path]
				}
			}
		}
		if n > 0 {
			l.warn(Problem{first.place, g.path, fmt.Sprintf("%s without effect: %s", counted(n, "key is", "keys are"), g.why)})
		}
	}
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
