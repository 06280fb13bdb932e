package web

import (
	"encoding/json"
	"strconv"
)

// A kindSchema is what workers tell of a kind: see taskqueue.Kind.Schema.
type kindSchema struct {
	Version int              `json:"version"`
	Payload *node            `json:"payload"`
	Older   map[string]*node `json:"older"`
	Result  *node            `json:"result"`
}

// payload is the schema of a payload in a version; nil, if there is none.
func (s *kindSchema) payload(version int) *node {
	if s == nil {
		return nil
	}
	if max(version, 1) == max(s.Version, 1) {
		return s.Payload
	}
	return s.Older[strconv.Itoa(max(version, 1))]
}

func (s *kindSchema) result() *node {
	if s == nil {
		return nil
	}
	return s.Result
}

// readSchema reads what a store has; nil, if it cannot be read.
func readSchema(text string) *kindSchema {
	var s kindSchema
	if json.Unmarshal([]byte(text), &s) != nil {
		return nil
	}
	return &s
}

// A node is the part of JSON Schema that tqgen writes.
type node struct {
	Title                string           `json:"title"`
	Ref                  string           `json:"$ref"`
	Type                 string           `json:"type"`
	Format               string           `json:"format"`
	ContentEncoding      string           `json:"contentEncoding"`
	WriteOnly            bool             `json:"writeOnly"` // a secret
	AnyOf                []*node          `json:"anyOf"`
	Properties           fields           `json:"properties"`
	AdditionalProperties *node            `json:"additionalProperties"`
	PrefixItems          []*node          `json:"prefixItems"`
	Items                *node            `json:"items"`
	Defs                 map[string]*node `json:"$defs"`
}

// fields are nodes by name, in the order of the text.
type fields struct {
	names  []string
	byName map[string]*node
}

// UnmarshalJSON reads an object.
func (f *fields) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &f.byName); err != nil {
		return err
	}
	order, err := keysOf(text)
	f.names = order
	return err
}
