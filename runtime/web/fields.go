package web

import (
	"strings"

	"github.com/tqgen/taskqueue/internal/taskjson"
)

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
	n := root.Resolve(root)
	switch {
	case n == nil:
	case len(n.PrefixItems) > 0:
		for _, item := range n.PrefixItems {
			all = append(all, fieldView{item.Title, describe(item), item.WriteOnly})
		}
	case len(n.Properties) > 0:
		for _, field := range n.Properties {
			all = append(all, fieldView{field.Name, describe(field.Node), field.WriteOnly})
		}
	default:
		all = append(all, fieldView{"", describe(n), n.WriteOnly})
	}
	return all
}

// describe is a type in a few words.
func describe(n *node) string {
	switch {
	case n == nil:
		return "any"
	case n.Ref != "":
		return strings.TrimPrefix(n.Ref, taskjson.Definitions)
	case len(n.AnyOf) == 2:
		return describe(n.AnyOf[1]) + " or null"
	case n.Format == "nanoseconds":
		return "duration"
	case n.Format == "date-time":
		return "time"
	case n.ContentEncoding != "":
		return "bytes"
	case n.Items != nil:
		return "list of " + describe(n.Items)
	case n.AdditionalProperties != nil:
		return "map of " + describe(n.AdditionalProperties)
	case n.Format != "":
		return n.Format
	case n.Type != "":
		return n.Type
	}
	return "any"
}
