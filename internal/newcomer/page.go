package main

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// A step is something to do.
type step struct {
	line int // in the page
	do   action
	text string // the command, the file or what must be printed
	file string // of write
}

type action int

const (
	write  action = iota // a file
	run                  // a command that must work
	fail                 // a command that must not
	leave                // a command that goes on in the background
	expect               // in the last output
)

// fileName is how the text before a block names its file.
var fileName = regexp.MustCompile("`([^` ]+)`:\\s*$")

// read returns the steps of a page.
func read(page string) ([]step, error) {
	var steps []step
	lines := strings.Split(page, "\n")
	before, info := "", ""
	for i := 0; i < len(lines); i++ {
		mark, fence := strings.CutPrefix(lines[i], "```")
		if !fence {
			if strings.TrimSpace(lines[i]) != "" {
				before, info = lines[i], ""
			}
			continue
		}
		end := i + 1
		for end < len(lines) && lines[end] != "```" {
			end++
		}
		if end == len(lines) {
			return nil, fmt.Errorf("line %d: the block does not end", i+1)
		}
		found, err := block(mark, before, info, i+2, lines[i+1:end])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		steps, info, i = append(steps, found...), mark, end
	}
	return steps, nil
}

// block returns the steps of one block: its mark, the text before it, and the mark of
// the block before it, if nothing stands between them.
func block(mark, before, last string, line int, lines []string) ([]step, error) {
	switch mark {
	case "go":
		name := fileName.FindStringSubmatch(before)
		if name == nil {
			return nil, fmt.Errorf("no file is named before the block of Go: %q", before)
		}
		if !path.IsAbs(name[1]) && path.Clean(name[1]) == name[1] && !strings.HasPrefix(name[1], "..") {
			return []step{{line, write, strings.Join(lines, "\n") + "\n", name[1]}}, nil
		}
		return nil, fmt.Errorf("%q is no file inside the folder", name[1])
	case "sh", "sh fails":
		return commands(line, lines, mark == "sh fails"), nil
	case "":
		if !strings.HasPrefix(last, "sh") {
			return nil, nil
		}
		var steps []step
		for i, text := range lines {
			if strings.TrimSpace(text) != "" {
				steps = append(steps, step{line: line + i, do: expect, text: text})
			}
		}
		return steps, nil
	}
	return nil, nil
}

func commands(line int, lines []string, fails bool) (steps []step) {
	for i, text := range lines {
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		s := step{line: line + i, do: run, text: text}
		if command, background := strings.CutSuffix(text, " &"); background {
			s.do, s.text = leave, command
		}
		steps = append(steps, s)
	}
	if fails && len(steps) > 0 {
		steps[len(steps)-1].do = fail
	}
	return steps
}

// pattern is a line of a page as a regular expression: … is anything.
func pattern(line string) *regexp.Regexp {
	parts := strings.Split(strings.TrimSpace(line), "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(strings.Join(parts, ".*"))
}
