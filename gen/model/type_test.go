package model_test

import (
	"testing"

	"github.com/tqgen/taskqueue/gen/model"
)

func TestSpell(t *testing.T) {
	own := model.Ref{Name: "email", Path: "example.com/shop/email"}
	geo := model.Ref{Name: "geo", Path: "example.com/shop/geo"}
	qualifier := func(p model.Ref) string {
		if p == own {
			return ""
		}
		return p.Name
	}
	str, b := &model.Type{Kind: model.String}, &model.Type{Kind: model.Uint8}
	order := &model.Type{Kind: model.StructKind, Struct: &model.Struct{Package: own, Name: "Order"}}
	tests := []struct {
		want string
		typ  *model.Type
	}{
		{"int32", &model.Type{Kind: model.Int32}},
		{"[]byte", &model.Type{Kind: model.Bytes}},
		{"time.Time", &model.Type{Kind: model.Time}},
		{"time.Duration", &model.Type{Kind: model.Duration}},
		{"Locale", &model.Type{Kind: model.String, Go: model.Named(own, "Locale")}},
		{"geo.Zone", &model.Type{Kind: model.String, Go: model.Named(geo, "Zone")}},
		{"map[string][]*Order", &model.Type{Kind: model.Map, Key: str, Elem: &model.Type{Kind: model.Slice, Elem: &model.Type{Kind: model.Pointer, Elem: order}}}},
		{"[16]uint8", &model.Type{Kind: model.Array, Len: 16, Elem: b}},
		{"geo.Page[Order, geo.Point]", &model.Type{Kind: model.StructKind, Go: model.Spelling{
			Text: "\x00.Page[\x00.Order, \x00.Point]", Packages: []model.Ref{geo, own, geo},
		}}},
	}
	for _, tt := range tests {
		if got := tt.typ.Spell(qualifier); got != tt.want {
			t.Errorf("Spell: %q, want %q", got, tt.want)
		}
	}
}

func TestBinary(t *testing.T) {
	plain := &model.Type{Kind: model.Uint8}
	named := &model.Type{Kind: model.Uint8, Go: model.Named(model.Ref{Name: "p", Path: "p"}, "Octet")}
	for _, tt := range []struct {
		typ  *model.Type
		want bool
	}{
		{&model.Type{Kind: model.Array, Elem: plain, Len: 4}, true},
		{&model.Type{Kind: model.Array, Elem: named, Len: 4}, false},
		{&model.Type{Kind: model.Slice, Elem: plain}, false},
	} {
		if got := tt.typ.Binary(); got != tt.want {
			t.Errorf("Binary of %v of %v: %v", tt.typ.Kind, tt.typ.Elem, got)
		}
	}
}

func TestKindNames(t *testing.T) {
	seen := map[string]bool{}
	for k := model.Invalid; k <= model.Opaque; k++ {
		if name := k.String(); name == "" || seen[name] {
			t.Errorf("kind %d is called %q", k, name)
		} else {
			seen[name] = true
		}
	}
}

func TestEncoded(t *testing.T) {
	s := &model.Struct{Fields: []*model.Field{{Name: "A"}, {Name: "B", Skip: true}, {Name: "C"}}}
	var got string
	for f := range s.Encoded() {
		got += f.Name
	}
	if got != "AC" || s.Field("B") == nil || s.Field("D") != nil {
		t.Errorf("encoded %q, B %v, D %v", got, s.Field("B"), s.Field("D"))
	}
}
