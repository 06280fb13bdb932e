package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// keysOf are the keys of a JSON object in their order.
func keysOf(text []byte) (keys []string, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			return nil, err
		}
		name, ok := key.(string)
		if !ok {
			return nil, fmt.Errorf("web: %v is no key", key)
		}
		keys = append(keys, name)
	}
	return keys, nil
}

// A fieldView is a field of a kind as the page of types has it.
type fieldView struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Secret bool   `json:"secret"`
}

// viewFields lists what a payload or result is made of; one that is no struct has one
// field without a name.
func viewFields(root *node) []fieldView {
	all := []fieldView{}
	if root == nil {
		return all
	}
	n := root.resolve(root)
	switch {
	case n == nil:
	case len(n.PrefixItems) > 0:
		for _, item := range n.PrefixItems {
			all = append(all, fieldView{item.Title, item.describe(), item.WriteOnly})
		}
	case n.Properties.names != nil:
		for _, name := range n.Properties.names {
			field := n.Properties.byName[name]
			all = append(all, fieldView{name, field.describe(), field.WriteOnly})
		}
	default:
		all = append(all, fieldView{"", n.describe(), n.WriteOnly})
	}
	return all
}

// describe is a type in a few words.
func (n *node) describe() string {
	switch {
	case n == nil:
		return "any"
	case n.Ref != "":
		return strings.TrimPrefix(n.Ref, defs)
	case len(n.AnyOf) == 2:
		return n.AnyOf[1].describe() + " or null"
	case n.Format == "nanoseconds":
		return "duration"
	case n.Format == "date-time":
		return "time"
	case n.ContentEncoding != "":
		return "bytes"
	case n.Items != nil:
		return "list of " + n.Items.describe()
	case n.AdditionalProperties != nil:
		return "map of " + n.AdditionalProperties.describe()
	case n.Format != "":
		return n.Format
	case n.Type != "":
		return n.Type
	}
	return "any"
}
