package web

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"
)

const orderSchema = `{"version":2,"payload":{"type":"object","properties":{
	"name":{"type":"string"},"card":{"$ref":"#/$defs/Card"},"wait":{"type":"integer","format":"nanoseconds"},
	"at":{"type":"string","format":"date-time"},"data":{"type":"string","contentEncoding":"base64"},
	"items":{"type":"array","items":{"type":"integer"}},"by":{"type":"object","additionalProperties":{"type":"number"}},
	"maybe":{"anyOf":[{"type":"null"},{"type":"string"}]},"own":{"description":"encodes itself"},"big":{"type":"integer"}},
	"$defs":{"Card":{"type":"array","prefixItems":[{"title":"owner","type":"string"},{"title":"number","type":"string","writeOnly":true}]}}},
	"older":{"1":{"type":"array","prefixItems":[{"title":"pin","type":"string","writeOnly":true},{"title":"to","type":"string"}]}}}`

// What a schema knows is shown by field; secrets and what it does not know are not.
func TestReveal(t *testing.T) {
	schema := readSchema(orderSchema)
	b := msgp.AppendMapHeader(nil, 11)
	b = msgp.AppendString(msgp.AppendString(b, "name"), "<b>")
	b = msgp.AppendArrayHeader(msgp.AppendString(b, "card"), 3)
	b = msgp.AppendString(msgp.AppendString(msgp.AppendString(b, "Ada"), "4111"), "more")
	b = msgp.AppendInt64(msgp.AppendString(b, "wait"), int64(90*time.Second))
	b = msgp.AppendTime(msgp.AppendString(b, "at"), time.Unix(0, 0))
	b = msgp.AppendBytes(msgp.AppendString(b, "data"), []byte("hi"))
	b = msgp.AppendInt(msgp.AppendString(msgp.AppendInt(msgp.AppendArrayHeader(msgp.AppendString(b, "items"), 1), 7), "by"), 3)
	b = msgp.AppendNil(msgp.AppendString(b, "maybe"))
	b = msgp.AppendString(msgp.AppendString(b, "own"), "hidden")
	b = msgp.AppendUint64(msgp.AppendString(b, "big"), 1<<63)
	b = msgp.AppendString(msgp.AppendString(b, "password"), "hunter2")
	got := string(reveal(schema.payload(2), b))
	want := `{"name":"<b>","card":{"owner":"Ada","number":"••••••","+2":"(not in the schema)"},"wait":"1m30s","at":"1970-01-01T00:00:00Z","data":"aGk=","items":[7],` +
		`"by":"(not as the schema says)","maybe":null,"own":"(not in the schema)","big":"9223372036854775808","password":"(not in the schema)"}`
	if shown := strings.ReplaceAll(strings.ReplaceAll(got, `\u003c`, "<"), `\u003e`, ">"); shown != want {
		t.Errorf("shown\n%s\nwant\n%s", shown, want)
	}
	old := msgp.AppendString(msgp.AppendString(msgp.AppendArrayHeader(nil, 2), "1234"), "Bob")
	if got := string(reveal(schema.payload(1), old)); got != `{"pin":"••••••","to":"Bob"}` {
		t.Errorf("version 1: %s", got)
	}
	for _, n := range []*node{schema.payload(3), schema.result(2), readSchema("{").payload(1), nil} {
		if got := reveal(n, b); got != nil {
			t.Errorf("without a schema: %s", got)
		}
	}
}

// Whatever a payload is, the answer is JSON and shows no secret.
func FuzzReveal(f *testing.F) {
	schema := readSchema(orderSchema)
	f.Add([]byte("\x82\xa4name\xa1x\xa4card\x92\xa3Ada\xa6SECRET"))
	f.Add([]byte("\x93\xa6SECRET\xa1x\xc0"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for version := range 4 {
			if got := reveal(schema.payload(version), data); got != nil && !json.Valid(got) {
				t.Errorf("%q", got)
			}
		}
		inner := msgp.AppendString(msgp.AppendBytes(msgp.AppendArrayHeader(nil, 2), data), "SECRET")
		whole := append(msgp.AppendString(msgp.AppendMapHeader(nil, 1), "card"), inner...)
		if got := string(reveal(schema.payload(2), whole)); strings.Contains(got, "SECRET") && !strings.Contains(string(data), "SECRET") {
			t.Errorf("%s", got)
		}
	})
}

func TestFields(t *testing.T) {
	var text []string
	for _, f := range viewFields(readSchema(orderSchema).payload(2)) {
		text = append(text, f.Name+" "+f.Type)
	}
	want := "name string, card Card, wait duration, at time, data bytes, items list of integer, by map of number, maybe string or null, own any, big integer"
	if got := strings.Join(text, ", "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if old := viewFields(readSchema(orderSchema).payload(1)); len(old) != 2 || !old[0].Secret || old[1].Secret {
		t.Errorf("%+v", old)
	}
}
