package config

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/BurntSushi/toml"
)

// accepts is what an editor does with the schema, as far as ours goes.
func (s *schema) accepts(value any) bool {
	if len(s.AnyOf) > 0 {
		return slices.ContainsFunc(s.AnyOf, func(a *schema) bool { return a.accepts(value) })
	}
	switch v := value.(type) {
	case map[string]any:
		return s.Type == "object" && s.acceptsTable(v)
	case []any:
		return s.Type == "array" && !slices.ContainsFunc(v, func(item any) bool { return !s.Items.accepts(item) })
	case string:
		return s.Type == "string" && (s.Enum == nil || slices.Contains(s.Enum, v)) && regexp.MustCompile(s.Pattern).MatchString(v)
	case bool:
		return s.Type == "boolean"
	case int64:
		return (s.Type == "integer" || s.Type == "number") && s.inRange(float64(v))
	case float64:
		return s.Type == "number" && s.inRange(v)
	}
	return false
}

func (s *schema) inRange(f float64) bool {
	return (s.Minimum == nil || f >= *s.Minimum) && (s.Above == nil || f > *s.Above) && (s.Maximum == nil || f <= *s.Maximum)
}

func (s *schema) acceptsTable(table map[string]any) bool {
	for key, value := range table {
		inner := s.Properties[key]
		if inner == nil {
			others, ok := s.Others.(*schema)
			if !ok {
				return false
			}
			inner = others
		}
		if !inner.accepts(value) {
			return false
		}
	}
	return true
}

// UnmarshalJSON reads additionalProperties as what it is.
func (s *schema) UnmarshalJSON(text []byte) error {
	type plain schema
	with := struct {
		*plain
		Others json.RawMessage `json:"additionalProperties"`
	}{plain: (*plain)(s)}
	if err := json.Unmarshal(text, &with); err != nil || len(with.Others) == 0 || string(with.Others) == "false" {
		return err
	}
	others := new(schema)
	s.Others = others
	return json.Unmarshal(with.Others, others)
}

// Editors and Load agree: on the samples, and on values beside every bound.
func TestSchemaAgreesWithLoad(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var top schema
	if err := json.Unmarshal(text, &top); err != nil {
		t.Fatal(err)
	}
	accepted := 0
	check := func(file string) {
		t.Helper()
		var table map[string]any
		if _, err := toml.Decode(file, &table); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		l := newLoader(nil)
		l.readText("f.toml", file)
		loads := len(l.problems) == 0
		if top.accepts(table) != loads {
			t.Errorf("%s: the schema says %v, Load %v", file, !loads, l.problems)
		}
		if loads {
			accepted++
		}
	}
	for i := range keys {
		k := &keys[i]
		table, last := split(k.path)
		for _, value := range append(beside(k.value.shape()), samples[k.path].file, "[[1]]", `"zzz zzz"`, "true") {
			if k.value.shape().kind == "string" && k.value.shape().words == nil && value == `"zzz zzz"` {
				continue // rules of text are more than the schema says
			}
			check(fmt.Sprintf("[%s]\n%s = %s\n", table, last, value))
		}
	}
	for i := range queueKeys {
		k := &queueKeys[i]
		for _, value := range append(beside(k.value.shape()), queueSamples[k.path].file, "true") {
			check(fmt.Sprintf("[queues.emails]\n%s = %s\n", k.path, value))
		}
	}
	for _, file := range []string{"[redis]\nx = 1\n", "[x]\n", "[queues.a]\nx = 1\n", "[actix]\nroute_prefix = '/a'\n", "[actix]\nx = 1\n", "redis = 1\n"} {
		check(file)
	}
	if accepted < 2*len(keys) {
		t.Errorf("only %d files were accepted", accepted)
	}
}

// beside are values at and beside the bounds of a number.
func beside(s shape) []string {
	if s.min == nil {
		return nil
	}
	step := 1.0
	if s.kind == "number" {
		step = 0.0001
	}
	values := []string{`"soon"`}
	for _, f := range []float64{0, *s.min - step, *s.min, *s.min + step, *s.max - step, *s.max, *s.max + step} {
		values = append(values, formatNumber(f))
	}
	for _, w := range s.words {
		values = append(values, fmt.Sprintf("%q", w))
	}
	return values
}
