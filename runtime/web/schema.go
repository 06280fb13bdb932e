package web

import (
	"encoding/json"
	"strconv"

	"github.com/tqgen/taskqueue/internal/taskjson"
)

// A kindSchema is what workers tell of a kind: see taskqueue.Kind.Schema.
type kindSchema taskjson.Schema

// A node is a part of it.
type node = taskjson.Node

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

// result is the schema of what a task of a version left: of the newest alone, as no
// other is told.
func (s *kindSchema) result(version int) *node {
	if s == nil || max(version, 1) != max(s.Version, 1) {
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
