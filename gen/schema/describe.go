package schema

import (
	"fmt"
	"math"
	"slices"

	"github.com/tqgen/taskqueue/gen/model"
)

// A describer makes the nodes of one document. A struct with a name is described
// once, under $defs.
type describer struct {
	names       map[*model.Struct]string
	definitions properties
}

func (d *describer) node(t *model.Type) *node {
	switch k := t.Kind; k {
	case model.Bool:
		return &node{Type: "boolean"}
	case model.Float32:
		return &node{Type: "number", Format: "float"}
	case model.Float64:
		return &node{Type: "number"}
	case model.String:
		return &node{Type: "string"}
	case model.Bytes:
		return &node{Type: "string", ContentEncoding: "base64"}
	case model.Time:
		return &node{Type: "string", Format: "date-time"}
	case model.Duration:
		return &node{Type: "integer", Format: "nanoseconds"}
	case model.Slice:
		return &node{Type: "array", Items: d.node(t.Elem)}
	case model.Array:
		return d.array(t)
	case model.Map:
		return d.object(t)
	case model.Pointer:
		return &node{AnyOf: []*node{{Type: "null"}, d.node(t.Elem)}}
	case model.StructKind:
		return d.structure(t)
	case model.Foreign:
		return &node{Description: "as the methods of " + t.Spell(shortName) + " encode it"}
	default:
		return integer(k)
	}
}

// integer has limits where JSON can say them exactly.
func integer(k model.Kind) *node {
	limit := func(low, high int64) *node { return &node{Type: "integer", Minimum: &low, Maximum: &high} }
	switch k {
	case model.Int8:
		return limit(math.MinInt8, math.MaxInt8)
	case model.Int16:
		return limit(math.MinInt16, math.MaxInt16)
	case model.Int32:
		return limit(math.MinInt32, math.MaxInt32)
	case model.Uint8:
		return limit(0, math.MaxUint8)
	case model.Uint16:
		return limit(0, math.MaxUint16)
	case model.Uint32:
		return limit(0, math.MaxUint32)
	case model.Uint, model.Uint64:
		return &node{Type: "integer", Minimum: new(int64), Format: "uint64"}
	}
	return &node{Type: "integer", Format: "int64"}
}

func (d *describer) array(t *model.Type) *node {
	if t.Binary() {
		return &node{Type: "string", ContentEncoding: "base64", Description: fmt.Sprintf("%d bytes", t.Len)}
	}
	return &node{Type: "array", Items: d.node(t.Elem), MinItems: t.Len, MaxItems: t.Len}
}

// object is a map. Keys that are integers have no other form in JSON.
func (d *describer) object(t *model.Type) *node {
	n := &node{Type: "object", AdditionalProperties: d.node(t.Elem)}
	if t.Key.Kind != model.String {
		n.PropertyNames = &node{Pattern: "^-?[0-9]+$"}
	}
	return n
}

func (d *describer) structure(t *model.Type) *node {
	s := t.Struct
	if s.Inline {
		return d.fields(s)
	}
	name, known := d.names[s]
	if !known {
		name = d.name(s)
		d.names[s] = name
		i := len(d.definitions)
		d.definitions = append(d.definitions, property{name: name})
		d.definitions[i].node = d.fields(s)
	}
	return &node{Ref: "#/$defs/" + name}
}

// name is the package's and the type's, with a number if another struct has it.
func (d *describer) name(s *model.Struct) string {
	base := s.Package.Name + "." + s.Name
	name := base
	for n := 2; slices.ContainsFunc(d.definitions, func(p property) bool { return p.name == name }); n++ {
		name = fmt.Sprint(base, n)
	}
	return name
}

// fields are the properties of a struct, or the elements of a tuple.
func (d *describer) fields(s *model.Struct) *node {
	n := &node{Type: "object"}
	if s.Tuple {
		n.Type = "array"
	}
	for f := range s.Encoded() {
		field := d.field(f)
		if s.Tuple {
			field.Title = f.Wire
			n.PrefixItems = append(n.PrefixItems, field)
		} else {
			n.Properties = append(n.Properties, property{f.Wire, field})
		}
	}
	return n
}

func (d *describer) field(f *model.Field) *node {
	n := d.node(f.Type)
	n.WriteOnly = f.Secret
	switch f.Type.Kind {
	case model.String:
		n.MaxLength = f.Max
	case model.Slice:
		n.MaxItems = f.Max
	case model.Map:
		n.MaxProperties = f.Max
	}
	return n
}

func shortName(r model.Ref) string { return r.Name }
