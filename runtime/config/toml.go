package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/BurntSushi/toml"
)

// parseTOML reads a file into a table.
func parseTOML(text string) (node, error) {
	var top map[string]toml.Primitive
	meta, err := toml.Decode(text, &top)
	if err != nil {
		return node{}, tomlError(err)
	}
	return tomlTable(&meta, top), nil
}

// tomlError is an error with its line.
func tomlError(err error) error {
	if e, ok := errors.AsType[toml.ParseError](err); ok {
		return &syntaxError{e.Position.Line, e.Message}
	}
	return &syntaxError{0, err.Error()}
}

// A syntaxError is a file that cannot be read.
type syntaxError struct {
	line    int
	message string
}

// Error implements error.
func (e *syntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.message) }

func tomlTable(meta *toml.MetaData, table map[string]toml.Primitive) node {
	n := node{kind: tableNode}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		value := tomlNode(meta, table[key])
		n.table = append(n.table, entry{key: key, line: value.line, node: value})
	}
	slices.SortStableFunc(n.table, func(a, b entry) int { return cmp.Compare(a.line, b.line) })
	return n
}

// A probe takes a value as it is and asks for its place: the library tells that
// only together with an error.
type probe struct{ value any }

var errProbed = errors.New("no error")

// UnmarshalTOML implements toml.Unmarshaler.
func (p *probe) UnmarshalTOML(value any) error {
	p.value = value
	return errProbed
}

func tomlNode(meta *toml.MetaData, primitive toml.Primitive) node {
	var p probe
	err := meta.PrimitiveDecode(primitive, &p)
	line := 0
	if e, ok := errors.AsType[toml.ParseError](err); ok {
		line = e.Position.Line
	}
	if _, ok := p.value.(map[string]any); !ok {
		return scalar(p.value, line)
	}
	var inner map[string]toml.Primitive
	if err := meta.PrimitiveDecode(primitive, &inner); err != nil {
		return node{line: line}
	}
	n := tomlTable(meta, inner)
	if n.line = line; line == 0 && len(n.table) > 0 {
		n.line = n.table[0].line // a table that only its parts name
	}
	return n
}

// scalar is the node of a decoded value.
func scalar(value any, line int) node {
	switch v := value.(type) {
	case string:
		return node{kind: textNode, line: line, text: v}
	case bool:
		return node{kind: truthNode, line: line, truth: v}
	case int64:
		return node{kind: wholeNode, line: line, whole: v}
	case float64:
		return node{kind: numberNode, line: line, number: v}
	case []any:
		n := node{kind: listNode, line: line}
		for _, item := range v {
			n.list = append(n.list, scalar(item, line))
		}
		return n
	}
	return node{line: line}
}
