package taskjson_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/internal/taskjson"
	"github.com/tqgen/taskqueue/runtime/web"
)

// What is made of JSON is shown as that JSON again, without what is secret.
func TestShownAgain(t *testing.T) {
	const schema = `{"version":2,"payload":{"type":"array","prefixItems":[{"title":"To","type":"string"},{"title":"At","type":"string","format":"date-time"},` +
		`{"title":"Wait","type":"integer","format":"nanoseconds"},{"title":"Tags","type":"array","items":{"type":"string"}},` +
		`{"title":"Token","type":"string","writeOnly":true},{"title":"Share","type":"number"}]}}`
	s, err := taskjson.Read(schema)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := s.Encode([]byte(`{"To":"ada","At":"2026-01-31T12:00:00Z","Wait":"1m30s","Tags":["a","b"],"Token":"hush","Share":0.1}`))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(web.Reveal(schema, 2, payload), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"To": "ada", "At": "2026-01-31T12:00:00Z", "Wait": "1m30s", "Tags": []any{"a", "b"}, "Token": "••••••", "Share": 0.1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
