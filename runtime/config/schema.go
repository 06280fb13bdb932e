package config

import (
	"encoding/json"
	"strings"
)

// A schema is a JSON Schema, as far as configurations need it.
type schema struct {
	Dialect     string             `json:"$schema,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        string             `json:"type,omitempty"`
	Default     json.RawMessage    `json:"default,omitempty"`
	Minimum     *float64           `json:"minimum,omitempty"`
	Above       *float64           `json:"exclusiveMinimum,omitempty"`
	Maximum     *float64           `json:"maximum,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	AnyOf       []*schema          `json:"anyOf,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Others      any                `json:"additionalProperties,omitempty"` // false, or a *schema
	Deprecated  bool               `json:"deprecated,omitempty"`
}

// Schema is the JSON Schema of task-queue.toml and task-queue.yaml, for editors.
func Schema() ([]byte, error) {
	top := tableSchema("Settings of a task queue: task-queue.toml, task-queue.yaml.")
	top.Dialect, top.Title = "https://json-schema.org/draft/2020-12/schema", "task-queue"
	defaults := Default()
	for i := range keys {
		k := &keys[i]
		top.put(k.path, keySchema(k, k.value.show(defaults)))
	}
	for name, table := range olderTables {
		old := *top.Properties[table]
		old.Deprecated, old.Description = true, "Older name of the table "+table+"."
		top.Properties[name] = &old
	}
	queue := tableSchema("Settings of one queue.")
	for i := range queueKeys {
		queue.put(queueKeys[i].path, keySchema(&queueKeys[i], ""))
	}
	top.Properties["queues"] = &schema{Type: "object", Description: "Settings of queues, by name.", Others: queue}
	return json.MarshalIndent(top, "", "  ")
}

func tableSchema(description string) *schema {
	return &schema{Type: "object", Description: description, Properties: map[string]*schema{}, Others: false}
}

// put places a key, in tables that are made as needed.
func (s *schema) put(path string, k *schema) {
	table, rest, nested := strings.Cut(path, ".")
	if !nested {
		s.Properties[path] = k
		return
	}
	if s.Properties[table] == nil {
		s.Properties[table] = tableSchema("")
	}
	s.Properties[table].put(rest, k)
}

// durationPattern is what time.ParseDuration takes, without signs.
const durationPattern = `^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$`

func keySchema[C any](k *key[C], initial string) *schema {
	shape := k.value.shape()
	plain := &schema{Type: shape.kind, Minimum: shape.min, Maximum: shape.max}
	if shape.above {
		plain.Minimum, plain.Above = nil, shape.min
	}
	switch {
	case shape.kind == "array":
		plain.Items = &schema{Type: "string"}
	case shape.kind == "string" && len(shape.words) > 0:
		plain.Enum = shape.words
	}
	s := plain
	if shape.unit != "" || len(shape.words) > 0 && shape.kind != "string" {
		s = &schema{AnyOf: []*schema{plain}}
		if shape.unit != "" {
			plain.Description = "In " + shape.unit + "."
			s.AnyOf = append(s.AnyOf, &schema{Type: "string", Pattern: durationPattern})
		}
		if len(shape.words) > 0 {
			s.AnyOf = append(s.AnyOf, &schema{Type: "string", Enum: shape.words})
		}
	}
	s.Description = k.doc
	s.Default = defaultJSON(shape, initial)
	return s
}

// defaultJSON is the default as it stands in a file; nothing where it is empty.
func defaultJSON(s shape, initial string) json.RawMessage {
	switch {
	case initial == "":
		return nil
	case s.unit == "" && (s.kind == "boolean" || (s.kind == "integer" || s.kind == "number") && json.Valid([]byte(initial))):
		return json.RawMessage(initial)
	}
	text, err := json.Marshal(initial)
	if err != nil {
		return nil
	}
	return text
}
