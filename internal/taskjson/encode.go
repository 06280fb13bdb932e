package taskjson

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tinylib/msgp/msgp"
)

const maxDepth = 64

// Encode makes a payload of a JSON object. Fields that it does not have keep their
// zero values. Durations are numbers of nanoseconds or texts as "1m30s", instants
// texts of RFC 3339, bytes base64. The error says which field is wrong, and why.
func (s *Schema) Encode(object []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, fmt.Errorf("the JSON of the task: %w", err)
	}
	if d.More() {
		return nil, fmt.Errorf("the JSON of the task: something follows the object")
	}
	e := encoder{root: s.Payload}
	if err := e.value(s.Payload, value, "", 0); err != nil {
		return nil, err
	}
	return e.out, nil
}

// An encoder appends values.
type encoder struct {
	root *Node
	out  []byte
}

// wrong is an error about a value at a path.
func wrong(path, format string, args ...any) error {
	if path == "" {
		path = "the task"
	}
	return fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...))
}

func (e *encoder) value(n *Node, v any, path string, depth int) error {
	if depth > maxDepth {
		return wrong(path, "it is too deep")
	}
	switch n = n.Resolve(e.root); {
	case n == nil:
		return wrong(path, "the schema does not say what it is")
	case len(n.AnyOf) > 0:
		if v == nil {
			e.out = msgp.AppendNil(e.out)
			return nil
		}
		return e.value(n.AnyOf[len(n.AnyOf)-1], v, path, depth+1)
	case n.Type == "object":
		return e.object(n, v, path, depth)
	case n.Type == "array":
		return e.array(n, v, path, depth)
	}
	return e.scalar(n, v, path)
}

// object encodes a struct or a map.
func (e *encoder) object(n *Node, v any, path string, depth int) error {
	object, ok := v.(map[string]any)
	if v == nil {
		ok = true
	}
	if !ok {
		return wrong(path, "%s is no object", text(v))
	}
	e.out = msgp.AppendMapHeader(e.out, uint32(len(object)))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		node := n.AdditionalProperties
		if n.Properties != nil {
			if node = n.Properties.Of(name); node == nil {
				return unknown(path, name, n.Properties)
			}
		}
		if err := e.key(n, name, path); err != nil {
			return err
		}
		if err := e.value(node, object[name], join(path, name), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// key is a text, or an integer where the schema asks for one.
func (e *encoder) key(n *Node, name, path string) error {
	if n.PropertyNames == nil {
		e.out = msgp.AppendString(e.out, name)
		return nil
	}
	i, err := strconv.ParseInt(name, 10, 64)
	if err != nil {
		u, err := strconv.ParseUint(name, 10, 64)
		if err != nil {
			return wrong(path, "the key %q is no integer", name)
		}
		e.out = msgp.AppendUint64(e.out, u)
		return nil
	}
	e.out = msgp.AppendInt64(e.out, i)
	return nil
}

func unknown(path, name string, fields []Field) error {
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return wrong(path, "there is no field %q; there are %s", name, strings.Join(names, ", "))
}

// array encodes a list, or a tuple of an object.
func (e *encoder) array(n *Node, v any, path string, depth int) error {
	if len(n.PrefixItems) > 0 {
		return e.tuple(n, v, path, depth)
	}
	list, ok := v.([]any)
	if v == nil {
		ok = true
	}
	switch {
	case !ok:
		return wrong(path, "%s is no list", text(v))
	case n.MinItems > 0 && len(list) < n.MinItems || n.MaxItems > 0 && len(list) > n.MaxItems:
		return wrong(path, "it has %d elements, %d to %d are allowed", len(list), n.MinItems, n.MaxItems)
	}
	e.out = msgp.AppendArrayHeader(e.out, uint32(len(list)))
	for i, item := range list {
		if err := e.value(n.Items, item, fmt.Sprintf("%s[%d]", path, i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) tuple(n *Node, v any, path string, depth int) error {
	object, ok := v.(map[string]any)
	if !ok && v != nil {
		return wrong(path, "%s is no object", text(v))
	}
	fields := n.fields()
	for name := range object {
		if find(fields, name) < 0 {
			return unknown(path, name, fields)
		}
	}
	e.out = msgp.AppendArrayHeader(e.out, uint32(len(fields)))
	for _, f := range fields {
		given, there := object[f.Name]
		if !there {
			given = e.zero(f.Node, 0)
		}
		if err := e.value(f.Node, given, join(path, f.Name), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// zero is the value of a field that is not given, as JSON has it.
func (e *encoder) zero(n *Node, depth int) any {
	if n.Ref != "" && depth < maxDepth {
		if to := e.root.Defs[strings.TrimPrefix(n.Ref, "#/$defs/")]; to != nil {
			return e.zero(to, depth+1)
		}
	}
	if len(n.AnyOf) > 0 {
		return nil
	}
	switch n.Kind() {
	case "time":
		return time.Time{}.Format(time.RFC3339Nano)
	case "boolean":
		return false
	case "integer", "number", "duration":
		return json.Number("0")
	case "string", "base64":
		return ""
	}
	if n.MinItems > 0 {
		list := make([]any, n.MinItems)
		for i := range list {
			list[i] = e.zero(n.Items, depth+1)
		}
		return list
	}
	return nil
}

// scalar encodes what has no parts.
func (e *encoder) scalar(n *Node, v any, path string) error {
	switch n.Kind() {
	case "base64":
		s, ok := v.(string)
		data, err := base64.StdEncoding.DecodeString(s)
		if !ok || err != nil {
			return wrong(path, "%s is no base64", text(v))
		}
		e.out = msgp.AppendBytes(e.out, data)
	case "time":
		s, _ := v.(string)
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return wrong(path, "%s is no time like 2026-01-31T12:00:00Z", text(v))
		}
		e.out = msgp.AppendTime(e.out, at)
	case "duration":
		return e.duration(v, path)
	case "string":
		s, ok := v.(string)
		if !ok {
			return wrong(path, "%s is no text", text(v))
		}
		e.out = msgp.AppendString(e.out, s)
	case "boolean":
		b, ok := v.(bool)
		if !ok {
			return wrong(path, "%s is neither true nor false", text(v))
		}
		e.out = msgp.AppendBool(e.out, b)
	case "integer":
		return e.integer(n, v, path)
	case "number":
		return e.number(n, v, path)
	default:
		return wrong(path, "it encodes itself, and cannot be made of JSON")
	}
	return nil
}

func (e *encoder) duration(v any, path string) error {
	if s, ok := v.(string); ok {
		d, err := time.ParseDuration(s)
		if err != nil {
			return wrong(path, "%q is no duration like 1m30s", s)
		}
		e.out = msgp.AppendInt64(e.out, int64(d))
		return nil
	}
	return e.integer(&Node{}, v, path)
}

func (e *encoder) integer(n *Node, v any, path string) error {
	number, _ := v.(json.Number)
	i, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil && n.Format == "uint64" {
		u, err := strconv.ParseUint(number.String(), 10, 64)
		if err == nil {
			e.out = msgp.AppendUint64(e.out, u)
			return nil
		}
	}
	switch {
	case err != nil:
		return wrong(path, "%s is no integer of 64 bits", text(v))
	case n.Minimum != nil && i < *n.Minimum, n.Maximum != nil && i > *n.Maximum:
		return wrong(path, "%d is out of its range", i)
	}
	e.out = msgp.AppendInt64(e.out, i)
	return nil
}

// number encodes in 64 bits, but for a field that has 32.
func (e *encoder) number(n *Node, v any, path string) error {
	number, _ := v.(json.Number)
	f, err := number.Float64()
	switch {
	case err != nil:
		return wrong(path, "%s is no number", text(v))
	case n.Format != "float":
		e.out = msgp.AppendFloat64(e.out, f)
	case math.Abs(f) > math.MaxFloat32:
		return wrong(path, "%v is out of the range of 32 bits", f)
	default:
		e.out = msgp.AppendFloat32(e.out, float32(f))
	}
	return nil
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	const shown = 60
	if len(b) > shown {
		return string(b[:shown]) + "…"
	}
	return string(b)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
