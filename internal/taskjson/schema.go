// Package taskjson reads the schemas that tqgen writes of tasks
// (taskqueue.Kind.Schema, docs/codec.md), and makes payloads of JSON by them.
package taskjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Schema is that of a kind.
type Schema struct {
	Version int              `json:"version"`
	Payload *Node            `json:"payload"`
	Older   map[string]*Node `json:"older"` // payloads by their versions
	Result  *Node            `json:"result"`
}

// Read reads a Kind.Schema.
func Read(text string) (*Schema, error) {
	if text == "" {
		return nil, errors.New("the task encodes itself, and has no schema")
	}
	var s Schema
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, fmt.Errorf("the task's schema: %w", err)
	}
	if s.Payload == nil {
		return nil, errors.New("the task's schema has no payload")
	}
	return &s, nil
}

// A Node is the part of JSON Schema that tqgen writes.
type Node struct {
	Title                string           `json:"title"`
	Ref                  string           `json:"$ref"`
	Type                 string           `json:"type"`
	Format               string           `json:"format"`
	ContentEncoding      string           `json:"contentEncoding"`
	WriteOnly            bool             `json:"writeOnly"` // a secret
	AnyOf                []*Node          `json:"anyOf"`
	Properties           Properties       `json:"properties"`
	PropertyNames        *Node            `json:"propertyNames"`
	AdditionalProperties *Node            `json:"additionalProperties"`
	PrefixItems          []*Node          `json:"prefixItems"`
	Items                *Node            `json:"items"`
	MinItems             int              `json:"minItems"`
	MaxItems             int              `json:"maxItems"`
	Minimum              *int64           `json:"minimum"`
	Maximum              *int64           `json:"maximum"`
	Defs                 map[string]*Node `json:"$defs"`
}

// A Field is one of the payload's.
type Field struct {
	Name string
	*Node
}

// Fields are those of the payload, in their order.
func (s *Schema) Fields() []Field { return s.Payload.fields() }

func (n *Node) fields() []Field {
	if n.Properties != nil {
		return n.Properties
	}
	var fields []Field
	for _, item := range n.PrefixItems {
		fields = append(fields, Field{item.Title, item})
	}
	return fields
}

// Kind is what a value of the node is, in a word.
func (n *Node) Kind() string {
	switch {
	case len(n.AnyOf) > 0:
		return n.AnyOf[len(n.AnyOf)-1].Kind()
	case n.ContentEncoding != "":
		return "base64"
	case n.Format == "date-time":
		return "time"
	case n.Format == "nanoseconds":
		return "duration"
	case n.Type == "string", n.Type == "boolean", n.Type == "integer", n.Type == "number":
		return n.Type
	}
	return "json"
}

// Resolve follows references, which lead to definitions of the root; nil, if one
// leads nowhere.
func (n *Node) Resolve(root *Node) *Node {
	for range maxDepth {
		if n == nil || n.Ref == "" {
			return n
		}
		n = root.Defs[strings.TrimPrefix(n.Ref, Definitions)]
	}
	return nil
}

// Definitions begins the references.
const Definitions = "#/$defs/"

// Properties are nodes by name, in the order of the text.
type Properties []Field

// Of is the property of a name; nil, if there is none.
func (p Properties) Of(name string) *Node {
	if i := find(p, name); i >= 0 {
		return p[i].Node
	}
	return nil
}

// UnmarshalJSON reads an object.
func (p *Properties) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(strings.NewReader(string(text)))
	switch begin, err := d.Token(); {
	case err != nil:
		return err
	case begin == nil: // null
		return nil
	case begin != json.Delim('{'):
		return fmt.Errorf("properties begin with %v, and are no object", begin)
	}
	*p = Properties{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		node := new(Node)
		if err := d.Decode(node); err != nil {
			return err
		}
		*p = append(*p, Field{fmt.Sprint(name), node})
	}
	return nil
}

func find(fields []Field, name string) int {
	return slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
}
