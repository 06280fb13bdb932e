package schema

import (
	"encoding/json"
	"strconv"

	"github.com/tqgen/taskqueue/gen/model"
)

// Kind is what a program knows at run time of a task's shape: the schemas of its
// payload, of the older ones and of its result, in one JSON text on one line.
func Kind(t *model.Task) (string, error) {
	k := struct {
		Version int              `json:"version"`
		Payload *node            `json:"payload"`
		Older   map[string]*node `json:"older,omitempty"`
		Result  *node            `json:"result,omitempty"`
	}{Version: t.Version, Payload: bare(t.Type)}
	for _, o := range t.Older {
		if k.Older == nil {
			k.Older = map[string]*node{}
		}
		k.Older[strconv.Itoa(o.Version)] = bare(o.Type)
	}
	if t.Result != nil {
		k.Result = bare(t.Result.Type)
	}
	text, err := json.Marshal(k)
	return string(text), err
}

// bare is the schema of a type, with what it refers to. A struct that cannot
// contain itself is not referred to.
func bare(t *model.Type) *node {
	d := describer{names: map[*model.Struct]string{}}
	var root *node
	if s := t.Struct; t.Kind == model.StructKind && !s.Recursive {
		root = d.fields(s)
	} else {
		root = d.node(t)
	}
	root.Defs = d.definitions
	return root
}
