package directive

import (
	"bytes"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"github.com/tqgen/taskqueue/gen/diag"
)

const prefix = "taskqueue:"

// The verbs of directives.
const (
	verbTask     = "task"
	verbRetry    = "retry"
	verbDefaults = "defaults"
)

func verbs() []string { return []string{verbTask, verbRetry, verbDefaults} }

// A comment is one line that is a directive.
type comment struct {
	verb string
	at   token.Position // of the slashes
	text string         // what follows the verb
	pos  token.Position // of text
}

// looksLike matches comments that may have been meant as a directive: the
// words before and after the colon decide.
var looksLike = regexp.MustCompile(`^(//|/\*)([ \t]{0,8})([A-Za-z_-]{7,12})([ \t]?):([ \t]*)([A-Za-z_-]*)`)

// Suspicious reports whether source may hold directives, or what was meant to
// be one. It is fast, and true for some source that holds none.
func Suspicious(src []byte) bool {
	for {
		i := bytes.IndexByte(src, '/')
		if i < 0 || i+2 >= len(src) {
			return false
		}
		src = src[i+1:]
		if src[0] != '/' && src[0] != '*' {
			continue
		}
		if line := src[1:]; hasPrefixWord(line) {
			return true
		}
	}
}

// hasPrefixWord reports whether a comment begins with a word of about the right
// length, and a colon. It is true for all that looksLike matches.
func hasPrefixWord(line []byte) bool {
	i := 0
	for i < len(line) && i < 8 && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	for end := min(len(line), i+14); i < end; i++ {
		switch c := line[i]; {
		case c == ':':
			return true
		case c == '\n':
			return false
		}
	}
	return false
}

// read returns the directive that a comment is. If it only looks like one, it
// says why it is none.
func read(fset *token.FileSet, c *ast.Comment, errs *diag.List) (comment, bool) {
	m := looksLike.FindStringSubmatch(c.Text)
	if m == nil {
		return comment{}, false
	}
	opening, indent, word, space, gap, verb := m[1], m[2], m[3], m[4], m[5], m[6]
	at := fset.Position(c.Slash)
	nearest, isVerb := diag.Nearest(verb, verbs())
	if exact := opening == "//" && indent+space == "" && word+":" == prefix; !exact {
		if isVerb && diag.Distance(strings.ToLower(word)+":", prefix) <= 2 {
			code, text := diag.NotDirective, "this comment is no directive, but looks like one"
			if opening == "//" && indent+space+gap == "" {
				code, text = diag.Misspelt, "unknown directive "+word+":"+verb
			}
			errs.Add(at, code, "write //"+prefix+nearest, "%s", text)
		}
		return comment{}, false
	}
	if gap != "" || !slices.Contains(verbs(), verb) {
		fix := "use one of: //taskqueue:task, //taskqueue:retry, //taskqueue:defaults"
		if isVerb {
			fix = "write //" + prefix + nearest
		}
		errs.Add(at, diag.Misspelt, fix, "unknown directive taskqueue:%s", gap+verb)
		return comment{}, false
	}
	return textOf(fset, c, at, verb, errs)
}

// textOf cuts the arguments out of a directive.
func textOf(fset *token.FileSet, c *ast.Comment, at token.Position, verb string, errs *diag.List) (comment, bool) {
	start := len("//" + prefix + verb)
	text := strings.TrimRight(c.Text[start:], " \t\r")
	if text != "" && text[0] != ' ' && text[0] != '\t' {
		errs.Add(at, diag.Misspelt, "put a space after //"+prefix+verb, "unknown directive taskqueue:%s", verb+strings.Fields(text)[0])
		return comment{}, false
	}
	return comment{verb: verb, at: at, text: text, pos: fset.Position(c.Slash + token.Pos(start))}, true
}
