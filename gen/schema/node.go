package schema

import (
	"bytes"
	"encoding/json"
)

// A node is a JSON Schema, or a part of one. What is zero is left out.
type node struct {
	Schema               string     `json:"$schema,omitempty"`
	Comment              string     `json:"$comment,omitempty"`
	Title                string     `json:"title,omitempty"`
	Description          string     `json:"description,omitempty"`
	Ref                  string     `json:"$ref,omitempty"`
	Type                 string     `json:"type,omitempty"`
	Format               string     `json:"format,omitempty"`
	ContentEncoding      string     `json:"contentEncoding,omitempty"`
	Minimum              *int64     `json:"minimum,omitempty"`
	Maximum              *int64     `json:"maximum,omitempty"`
	MaxLength            int64      `json:"maxLength,omitempty"`
	MinItems             int64      `json:"minItems,omitempty"`
	MaxItems             int64      `json:"maxItems,omitempty"`
	MaxProperties        int64      `json:"maxProperties,omitempty"`
	WriteOnly            bool       `json:"writeOnly,omitempty"`
	AnyOf                []*node    `json:"anyOf,omitempty"`
	Properties           properties `json:"properties,omitempty"`
	PropertyNames        *node      `json:"propertyNames,omitempty"`
	Pattern              string     `json:"pattern,omitempty"`
	AdditionalProperties *node      `json:"additionalProperties,omitempty"`
	PrefixItems          []*node    `json:"prefixItems,omitempty"`
	Items                *node      `json:"items,omitempty"`
	Defs                 properties `json:"$defs,omitempty"`
}

// properties are nodes by name, in the order of the declaration.
type properties []property

type property struct {
	name string
	node *node
}

// MarshalJSON writes an object.
func (p properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, one := range p {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(one.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(one.node)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
