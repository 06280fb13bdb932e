package config

import (
	"errors"
	"math"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// parseYAML reads a file into a table.
func parseYAML(text string) (node, error) {
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		return node{}, yamlError(err)
	}
	body := ast.Node(nil)
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			return node{}, &syntaxError{lineOf(doc.Body), "a second document; put everything into one"}
		}
		body = doc.Body
	}
	if body == nil {
		return node{kind: tableNode}, nil
	}
	top, err := yamlNode(body)
	if err == nil && top.kind != tableNode {
		err = &syntaxError{max(top.line, 1), top.kind.String() + " where keys are needed"}
	}
	return top, err
}

func yamlError(err error) error {
	e, ok := errors.AsType[yaml.Error](err)
	if !ok {
		return &syntaxError{0, err.Error()}
	}
	line := 0
	if t := e.GetToken(); t != nil && t.Position != nil {
		line = t.Position.Line
	}
	return &syntaxError{line, e.GetMessage()}
}

func lineOf(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

func yamlNode(n ast.Node) (node, error) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return yamlTable(n.Values, lineOf(n))
	case *ast.MappingValueNode:
		return yamlTable([]*ast.MappingValueNode{n}, lineOf(n.Key))
	case *ast.SequenceNode:
		list := node{kind: listNode, line: lineOf(n)}
		for _, value := range n.Values {
			item, err := yamlNode(value)
			if err != nil {
				return node{}, err
			}
			list.list = append(list.list, item)
		}
		return list, nil
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return node{}, &syntaxError{lineOf(n), "anchors, aliases and tags are not for configurations; write the value"}
	}
	return yamlScalar(n), nil
}

func yamlTable(values []*ast.MappingValueNode, line int) (node, error) {
	table := node{kind: tableNode, line: line}
	for _, v := range values {
		key, isText := v.Key.(ast.ScalarNode)
		if !isText || v.Key.IsMergeKey() {
			return node{}, &syntaxError{lineOf(v.Key), "a key that is no plain name"}
		}
		value, err := yamlNode(v.Value)
		if err != nil {
			return node{}, err
		}
		at := lineOf(v.Key)
		if value.kind != tableNode {
			value.line = at
		}
		table.table = append(table.table, entry{key: key.GetToken().Value, line: at, node: value})
	}
	return table, nil
}

func yamlScalar(n ast.Node) node {
	line := lineOf(n)
	switch n := n.(type) {
	case *ast.StringNode:
		return node{kind: textNode, line: line, text: n.Value}
	case *ast.LiteralNode:
		return node{kind: textNode, line: line, text: n.Value.Value}
	case *ast.BoolNode:
		return node{kind: truthNode, line: line, truth: n.Value}
	case *ast.IntegerNode:
		if v, ok := n.Value.(int64); ok {
			return node{kind: wholeNode, line: line, whole: v}
		}
		if v, ok := n.Value.(uint64); ok && v <= math.MaxInt64 {
			return node{kind: wholeNode, line: line, whole: int64(v)}
		}
		return node{kind: wholeNode, line: line, whole: math.MaxInt64}
	case *ast.FloatNode:
		return node{kind: numberNode, line: line, number: n.Value}
	case *ast.InfinityNode:
		return node{kind: numberNode, line: line, number: n.Value}
	}
	return node{line: line} // null, NaN
}
