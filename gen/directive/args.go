package directive

import (
	"go/token"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tqgen/taskqueue/gen/diag"
)

// An arg is one key=value, or a word without "=".
type arg struct {
	key, value  string
	at, valueAt token.Position
	word        bool // no "="; key is the word
	quoted      bool
}

// split cuts the text of a directive into its arguments.
func split(text string, at token.Position, errs *diag.List) []arg {
	var args []arg
	for i := 0; ; {
		for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
			i++
		}
		if i == len(text) {
			return args
		}
		a, n, ok := cut(text[i:], shift(at, i), errs)
		if ok {
			args = append(args, a)
		}
		i += n
	}
}

// cut reads the argument at the start of text and says how long it is.
func cut(text string, at token.Position, errs *diag.List) (arg, int, bool) {
	end := strings.IndexAny(text, " \t=")
	if end < 0 || text[end] != '=' {
		word, _, _ := strings.Cut(strings.ReplaceAll(text, "\t", " "), " ")
		return arg{key: word, at: at, word: true}, len(word), true
	}
	a := arg{key: text[:end], at: at, valueAt: shift(at, end+1)}
	if a.key == "" {
		errs.Add(at, diag.Malformed, "write key=value without spaces", "\"=\" without a key")
		return a, len(text), false
	}
	rest := text[end+1:]
	if rest != "" && (rest[0] == '"' || rest[0] == '`') {
		value, n, ok := quoted(rest)
		if !ok {
			errs.Add(a.valueAt, diag.Malformed, "a quoted value is a Go string, with a space after it", "%s has a string that does not end well", a.key)
			return a, len(text), false
		}
		a.value, a.quoted = value, true
		return a, end + 1 + n, true
	}
	if n := strings.IndexAny(rest, " \t"); n >= 0 {
		rest = rest[:n]
	}
	a.value = rest
	if i := strings.IndexAny(rest, "\"`"); i >= 0 {
		errs.Add(shift(a.valueAt, i), diag.Malformed, "quote the whole value: "+a.key+"=\"…\"", "a quote inside the bare value of %s", a.key)
		return a, end + 1 + len(rest), false
	}
	return a, end + 1 + len(rest), true
}

// quoted reads the string literal at the start of text.
func quoted(text string) (value string, n int, ok bool) {
	prefix, err := strconv.QuotedPrefix(text)
	if err != nil {
		return "", 0, false
	}
	value, err = strconv.Unquote(prefix)
	n = len(prefix)
	if err != nil || !utf8.ValidString(value) || n < len(text) && text[n] != ' ' && text[n] != '\t' {
		return "", 0, false
	}
	return value, n, true
}

// shift moves a position along its line.
func shift(at token.Position, n int) token.Position {
	at.Column += n
	at.Offset += n
	return at
}
