package web

import "encoding/json"

// Reveal is a payload as JSON, as far as the schema of its kind, see
// taskqueue.Client.Schemas, knows it: without what is secret. It is nil where
// nothing may be shown. Version is that of the payload.
func Reveal(schema string, version int, payload []byte) json.RawMessage {
	return reveal(readSchema(schema).payload(version), payload)
}

// RevealResult is that of the result of a task, see taskqueue.Entry.Shape.
func RevealResult(schema string, version int, result []byte) json.RawMessage {
	return reveal(readSchema(schema).result(version), result)
}
