package schema_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/gen/model"
	"github.com/tqgen/taskqueue/gen/schema"
)

func named(pkg, name string, fields ...*model.Field) *model.Struct {
	return &model.Struct{Package: model.Ref{Name: pkg, Path: "example.com/" + name + "/" + pkg}, Name: name, Fields: fields}
}

func of(s *model.Struct) *model.Type { return &model.Type{Kind: model.StructKind, Struct: s} }

func document(t *testing.T, typ *model.Type) map[string]any {
	t.Helper()
	text, err := schema.Document("title", "", typ)
	if err != nil {
		t.Fatal(err)
	}
	var d map[string]any
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return d
}

// Structs of one name in two packages of one name are two definitions.
func TestNamesDiffer(t *testing.T) {
	a := named("geo", "Point")
	b := named("geo", "Point", &model.Field{Name: "X", Wire: "X", Type: &model.Type{Kind: model.Float64}})
	root := named("shop", "Task",
		&model.Field{Name: "A", Wire: "A", Type: of(a)}, &model.Field{Name: "B", Wire: "B", Type: of(b)}, &model.Field{Name: "C", Wire: "C", Type: of(a)})
	d := document(t, of(root))
	definitions := d["$defs"].(map[string]any)
	got := map[string]string{}
	for name, p := range d["properties"].(map[string]any) {
		got[name] = p.(map[string]any)["$ref"].(string)
	}
	want := map[string]string{"A": "#/$defs/geo.Point", "B": "#/$defs/geo.Point2", "C": "#/$defs/geo.Point"}
	if diff := cmp.Diff(want, got); diff != "" || len(definitions) != 2 {
		t.Errorf("%d definitions (-want +got):\n%s", len(definitions), diff)
	}
}

// Every kind that can be on the wire has a schema that says something.
func TestEveryKind(t *testing.T) {
	leaf, inner := &model.Type{Kind: model.String}, named("shop", "Inner")
	typ := func(k model.Kind) *model.Type {
		return &model.Type{Kind: k, Elem: leaf, Key: &model.Type{Kind: model.Int}, Len: 2, Struct: inner, Go: model.Named(inner.Package, "X")}
	}
	for k := model.Bool; k < model.Opaque; k++ {
		d := document(t, typ(k))
		said := slices.ContainsFunc([]string{"type", "anyOf", "$ref", "description"}, func(key string) bool { return d[key] != nil })
		if !said {
			t.Errorf("%s: %v", k, d)
		}
	}
}

// What a program knows at run time: all shapes, and which fields are secret.
func TestKind(t *testing.T) {
	str := &model.Type{Kind: model.String}
	card := named("shop", "Card", &model.Field{Name: "Number", Wire: "number", Type: str, Secret: true})
	task := &model.Task{
		Version: 3,
		Type:    of(named("shop", "Pay", &model.Field{Name: "Card", Wire: "card", Type: of(card)}, &model.Field{Name: "Wait", Wire: "Wait", Type: &model.Type{Kind: model.Duration}})),
		Older:   []model.Older{{Version: 1, Type: of(&model.Struct{Name: "PayV1", Tuple: true, Fields: []*model.Field{{Name: "Pin", Wire: "pin", Type: str, Secret: true}}})}},
		Result:  &model.Result{Type: &model.Type{Kind: model.Slice, Elem: str}},
	}
	got, err := schema.Kind(task)
	want := `{"version":3,` +
		`"payload":{"type":"object","properties":{"card":{"$ref":"#/$defs/shop.Card"},"Wait":{"type":"integer","format":"nanoseconds"}},` +
		`"$defs":{"shop.Card":{"type":"object","properties":{"number":{"type":"string","writeOnly":true}}}}},` +
		`"older":{"1":{"type":"array","prefixItems":[{"title":"pin","type":"string","writeOnly":true}]}},` +
		`"result":{"type":"array","items":{"type":"string"}}}`
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// A struct that contains itself is referred to.
func TestRecursive(t *testing.T) {
	tree := named("shop", "Tree")
	tree.Recursive = true
	tree.Fields = []*model.Field{{Name: "Left", Wire: "Left", Type: &model.Type{Kind: model.Pointer, Elem: of(tree)}}}
	if d := document(t, of(tree)); d["$ref"] != "#/$defs/shop.Tree" {
		t.Error(d)
	}
}
