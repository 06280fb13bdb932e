package web

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tinylib/msgp/msgp"
)

const (
	secret    = "••••••"              // in the place of a secret
	unknown   = "(not in the schema)" // of what no schema describes
	unlike    = "(not as the schema says)"
	maxDepth  = 64
	maxShown  = 256 << 10 // bytes of JSON
	maxBinary = 1024      // bytes of a binary value
)

var errShown = errors.New("web: the payload is too large or too deep to be shown")

// reveal is encoded data as JSON, as far as a schema knows it and without secrets:
// fields by name, in the schema's order where that is fixed. It is nil where nothing
// may be shown.
func reveal(root *node, data []byte) json.RawMessage {
	if root == nil || len(data) == 0 {
		return nil
	}
	if rest, err := msgp.Skip(data); err != nil || len(rest) > 0 {
		return nil
	}
	r := revealer{root: root}
	if _, err := r.value(root, data, 0); err != nil || !json.Valid(r.out.Bytes()) {
		return nil
	}
	return r.out.Bytes()
}

// A revealer writes JSON.
type revealer struct {
	root *node
	out  bytes.Buffer
}

// text writes a string.
func (r *revealer) text(s string) {
	quoted, err := json.Marshal(s)
	if err != nil {
		quoted = []byte(`""`)
	}
	r.out.Write(quoted)
}

// instead writes a string in the place of a value.
func (r *revealer) instead(s string, b []byte) ([]byte, error) {
	r.text(s)
	return msgp.Skip(b)
}

// value writes the value at the beginning of b and returns what follows it.
func (r *revealer) value(n *node, b []byte, depth int) ([]byte, error) {
	if depth > maxDepth || r.out.Len() > maxShown {
		return nil, errShown
	}
	if n != nil && n.WriteOnly {
		return r.instead(secret, b)
	}
	if n = n.Resolve(r.root); n == nil {
		return r.instead(unknown, b)
	}
	if n.WriteOnly {
		return r.instead(secret, b)
	}
	if msgp.NextType(b) == msgp.NilType {
		r.out.WriteString("null")
		return msgp.ReadNilBytes(b)
	}
	switch {
	case len(n.AnyOf) > 0:
		return r.value(n.AnyOf[len(n.AnyOf)-1], b, depth+1)
	case msgp.NextType(b) == msgp.MapType && n.Type == "object":
		return r.object(n, b, depth)
	case msgp.NextType(b) == msgp.ArrayType && n.Type == "array":
		return r.array(n, b, depth)
	}
	return r.scalar(n, b)
}

// object writes a struct or a map.
func (r *revealer) object(n *node, b []byte, depth int) ([]byte, error) {
	size, b, err := msgp.ReadMapHeaderBytes(b)
	if err != nil {
		return nil, err
	}
	r.out.WriteByte('{')
	for i := range size {
		if i > 0 {
			r.out.WriteByte(',')
		}
		var key string
		if key, b, err = readKey(b); err != nil {
			return nil, err
		}
		r.text(key)
		r.out.WriteByte(':')
		field := n.Properties.Of(key)
		if field == nil {
			field = n.AdditionalProperties
		}
		if field == nil {
			b, err = r.instead(unknown, b)
		} else {
			b, err = r.value(field, b, depth+1)
		}
		if err != nil {
			return nil, err
		}
	}
	r.out.WriteByte('}')
	return b, nil
}

// readKey reads the key of a map: text, or an integer.
func readKey(b []byte) (key string, rest []byte, err error) {
	switch msgp.NextType(b) {
	case msgp.IntType:
		n, rest, err := msgp.ReadInt64Bytes(b)
		return strconv.FormatInt(n, 10), rest, err
	case msgp.UintType:
		n, rest, err := msgp.ReadUint64Bytes(b)
		return strconv.FormatUint(n, 10), rest, err
	}
	text, rest, err := msgp.ReadMapKeyZC(b)
	return string(text), rest, err
}

// array writes a list, or a tuple as an object.
func (r *revealer) array(n *node, b []byte, depth int) ([]byte, error) {
	size, b, err := msgp.ReadArrayHeaderBytes(b)
	if err != nil {
		return nil, err
	}
	tuple := len(n.PrefixItems) > 0
	r.out.WriteByte(map[bool]byte{true: '{', false: '['}[tuple])
	for i := range int(size) {
		if i > 0 {
			r.out.WriteByte(',')
		}
		item := n.Items
		if tuple {
			title := fmt.Sprint("+", i)
			if i < len(n.PrefixItems) {
				item = n.PrefixItems[i]
				title = item.Title
			} else {
				item = nil
			}
			r.text(title)
			r.out.WriteByte(':')
		}
		if b, err = r.value(item, b, depth+1); err != nil {
			return nil, err
		}
	}
	r.out.WriteByte(map[bool]byte{true: '}', false: ']'}[tuple])
	return b, nil
}

// scalar writes what has no parts.
func (r *revealer) scalar(n *node, b []byte) ([]byte, error) {
	kind := msgp.NextType(b)
	switch {
	case n.Format == "date-time" && (kind == msgp.TimeType || kind == msgp.ExtensionType):
		at, rest, err := msgp.ReadTimeBytes(b)
		r.text(at.UTC().Format(time.RFC3339Nano))
		return rest, err
	case n.ContentEncoding != "" && (kind == msgp.BinType || kind == msgp.StrType):
		return r.binary(b)
	case n.Format == "nanoseconds" && (kind == msgp.IntType || kind == msgp.UintType):
		d, rest, err := msgp.ReadInt64Bytes(b)
		r.text(time.Duration(d).String())
		return rest, err
	}
	wanted := map[string][]msgp.Type{
		"string": {msgp.StrType}, "boolean": {msgp.BoolType},
		"integer": {msgp.IntType, msgp.UintType}, "number": {msgp.Float64Type, msgp.Float32Type, msgp.IntType, msgp.UintType},
	}
	if slices.Contains(wanted[n.Type], kind) {
		return r.plain(b)
	}
	if n.Type == "" {
		return r.instead(unknown, b)
	}
	return r.instead(unlike, b)
}

// plain writes a value as msgp does, but for numbers that JSON has none for, and
// large ones that a browser would round.
func (r *revealer) plain(b []byte) ([]byte, error) {
	rest, err := msgp.Skip(b)
	if err != nil {
		return nil, err
	}
	var one bytes.Buffer
	_, err = msgp.UnmarshalAsJSON(&one, b[:len(b)-len(rest)])
	switch text := one.String(); {
	case err != nil:
		return nil, err
	case !json.Valid(one.Bytes()):
		r.text(text)
	case len(text) > 15 && text[0] != '"' && !strings.ContainsAny(text, ".eE"):
		r.text(text)
	default:
		r.out.WriteString(text)
	}
	return rest, nil
}

func (r *revealer) binary(b []byte) ([]byte, error) {
	data, rest, err := msgp.ReadBytesZC(b)
	if err != nil {
		if data, rest, err = msgp.ReadStringZC(b); err != nil {
			return nil, err
		}
	}
	shown := base64.StdEncoding.EncodeToString(data[:min(len(data), maxBinary)])
	if len(data) > maxBinary {
		shown += fmt.Sprintf("… (%d bytes)", len(data))
	}
	r.text(shown)
	return rest, nil
}
