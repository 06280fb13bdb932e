package config

import (
	"fmt"
	"strconv"
)

// A node is a value in a file, with its place. What the environment and the
// command line say becomes a node, too.
type node struct {
	kind   nodeKind
	line   int
	text   string
	whole  int64
	number float64
	truth  bool
	list   []node
	table  []entry
}

// An entry is a key of a table with its value.
type entry struct {
	key  string
	line int
	node node
}

type nodeKind uint8

const (
	otherNode nodeKind = iota // a date, a null: nothing that a key takes
	textNode
	wholeNode
	numberNode
	truthNode
	listNode
	tableNode
)

// String names the kind in messages.
func (k nodeKind) String() string {
	return [...]string{"a value of another kind", "text", "a whole number", "a number", "true or false", "a list", "a table"}[k]
}

// String shows the node in messages.
func (n node) String() string {
	switch n.kind {
	case textNode:
		return strconv.Quote(n.text)
	case wholeNode:
		return strconv.FormatInt(n.whole, 10)
	case numberNode:
		return formatNumber(n.number)
	case truthNode:
		return strconv.FormatBool(n.truth)
	}
	return n.kind.String()
}

func formatNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func textOf(s string) node { return node{kind: textNode, text: s} }

// wrongKind says what was found and what is needed.
func wrongKind(n node, want string) error { return fmt.Errorf("%v is not %s", n, want) }
