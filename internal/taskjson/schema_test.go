package taskjson

import "testing"

// FuzzSchema: whatever a schema says, it is read or refused.
func FuzzSchema(f *testing.F) {
	f.Add(`{"version": 1, "payload": {"type": "object"}}`)
	f.Add(`{"version": 1, "payload": {"$ref": "#/$defs/a"}}`)
	f.Add(`{"payload": null}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Read(text)
		if err == nil && s.Payload == nil {
			t.Errorf("%q has no payload", text)
		}
	})
}
