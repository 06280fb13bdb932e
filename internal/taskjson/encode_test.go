package taskjson

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tinylib/msgp/msgp"
)

const everything = `{"version":3,"payload":{"type":"object","properties":{
	"text":{"type":"string"},"flag":{"type":"boolean"},"tiny":{"type":"integer","minimum":-128,"maximum":127},
	"big":{"type":"integer","format":"uint64"},"real":{"type":"number"},"share":{"type":"number","format":"float"},"bytes":{"type":"string","contentEncoding":"base64"},
	"at":{"type":"string","format":"date-time"},"wait":{"type":"integer","format":"nanoseconds"},
	"maybe":{"anyOf":[{"type":"null"},{"type":"integer"}]},
	"pair":{"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":2},
	"counts":{"type":"object","additionalProperties":{"type":"integer"}},
	"byNumber":{"type":"object","propertyNames":{"pattern":"^-?[0-9]+$"},"additionalProperties":{"type":"string"}},
	"point":{"$ref":"#/$defs/p.Point"},"alien":{"description":"foreign"}},
	"$defs":{"p.Point":{"type":"array","prefixItems":[{"title":"X","type":"integer"},{"title":"Next","anyOf":[{"type":"null"},{"$ref":"#/$defs/p.Point"}]}]}}}}`

func read(t testing.TB, text string) *Schema {
	t.Helper()
	s, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func decoded(t *testing.T, payload []byte) string {
	t.Helper()
	var b bytes.Buffer
	rest, err := msgp.UnmarshalAsJSON(&b, payload)
	if err != nil || len(rest) > 0 {
		t.Fatalf("%x: %v, %d bytes left", payload, err, len(rest))
	}
	return b.String()
}

func TestEncode(t *testing.T) {
	s := read(t, everything)
	for in, want := range map[string]string{
		`{}`:                            `{}`,
		`{"text":"é","flag":true}`:      `{"flag":true,"text":"é"}`,
		`{"tiny":-128}`:                 `{"tiny":-128}`,
		`{"big":18446744073709551615}`:  `{"big":18446744073709551615}`,
		`{"real":0.5}`:                  `{"real":0.5}`,
		`{"real":0.1}`:                  `{"real":0.1}`,
		`{"share":0.1}`:                 `{"share":0.1}`,
		`{"bytes":"AQI="}`:              `{"bytes":"AQI="}`,
		`{"at":"2026-01-31T12:00:00Z"}`: `{"at":"2026-01-31T12:00:00Z"}`,
		`{"wait":"1m30s"}`:              `{"wait":90000000000}`,
		`{"wait":5}`:                    `{"wait":5}`,
		`{"maybe":null}`:                `{"maybe":null}`,
		`{"maybe":3}`:                   `{"maybe":3}`,
		`{"pair":[1,2]}`:                `{"pair":[1,2]}`,
		`{"counts":{"b":2,"a":1}}`:      `{"counts":{"a":1,"b":2}}`,
		`{"point":{"X":1}}`:             `{"point":[1,null]}`,
		`{"point":{"Next":{"X":2}}}`:    `{"point":[0,[2,null]]}`,
	} {
		payload, err := s.Encode([]byte(in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		var got, wanted any
		if err := json.Unmarshal([]byte(decoded(t, payload)), &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in, diff)
		}
	}
}

// Keys that are integers are encoded as such.
func TestIntegerKeys(t *testing.T) {
	payload, err := read(t, everything).Encode([]byte(`{"byNumber":{"-7":"a"}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := msgp.AppendMapHeader(nil, 1)
	want = msgp.AppendString(want, "byNumber")
	want = msgp.AppendMapHeader(want, 1)
	want = msgp.AppendInt64(want, -7)
	want = msgp.AppendString(want, "a")
	if !bytes.Equal(payload, want) {
		t.Errorf("%x, want %x", payload, want)
	}
}

func TestEncodeRefuses(t *testing.T) {
	s := read(t, everything)
	for in, want := range map[string]string{
		`{`:                      "the JSON of the task",
		`{} {}`:                  "something follows",
		`[]`:                     "the task: [] is no object",
		`{"txt":1}`:              `there is no field "txt"; there are text, flag`,
		`{"text":1}`:             "text: 1 is no text",
		`{"flag":"yes"}`:         `flag: "yes" is neither true nor false`,
		`{"tiny":128}`:           "tiny: 128 is out of its range",
		`{"tiny":1.5}`:           "tiny: 1.5 is no integer",
		`{"big":-1.5}`:           "big: -1.5 is no integer",
		`{"real":"x"}`:           `real: "x" is no number`,
		`{"share":1e39}`:         `share: 1e+39 is out of the range of 32 bits`,
		`{"bytes":"?"}`:          `bytes: "?" is no base64`,
		`{"at":"noon"}`:          `at: "noon" is no time like`,
		`{"wait":"soon"}`:        `wait: "soon" is no duration`,
		`{"pair":[1]}`:           "pair: it has 1 elements, 2 to 2",
		`{"pair":{}}`:            "pair: {} is no list",
		`{"pair":[1,"a"]}`:       `pair[1]: "a" is no integer`,
		`{"counts":{"a":"b"}}`:   `counts.a: "b" is no integer`,
		`{"byNumber":{"x":"a"}}`: `byNumber: the key "x" is no integer`,
		`{"point":{"Y":1}}`:      `point: there is no field "Y"; there are X, Next`,
		`{"point":3}`:            "point: 3 is no object",
		`{"alien":3}`:            "alien: it encodes itself",
	} {
		if _, err := s.Encode([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
	for _, text := range []string{"", "{", `{"version":1}`} {
		if s, err := Read(text); err == nil {
			t.Errorf("%q: %+v", text, s)
		}
	}
}

// Whatever the JSON is, what is made of it is one value of MessagePack.
func FuzzEncode(f *testing.F) {
	f.Add(`{"text":"a","pair":[1,2],"point":{"X":1,"Next":{"X":2}}}`)
	f.Add(`{"maybe":null,"counts":{"a":1}}`)
	s := read(f, everything)
	f.Fuzz(func(t *testing.T, text string) {
		payload, err := s.Encode([]byte(text))
		if err != nil {
			return
		}
		if rest, err := msgp.Skip(payload); err != nil || len(rest) > 0 {
			t.Errorf("%q: %x: %v, %d bytes left", text, payload, err, len(rest))
		}
	})
}
