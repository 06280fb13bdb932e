package lock_test

import (
	"go/token"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/lock"
	"github.com/tqgen/taskqueue/gen/model"
)

// sample is a package with a task that has a field of each of some types.
func sample() *model.Package {
	ref := model.Ref{Name: "shop", Path: "example.com/shop"}
	str, integer := &model.Type{Kind: model.String}, &model.Type{Kind: model.Int}
	item := &model.Struct{Package: ref, Name: "Item", Tuple: true}
	items := &model.Type{Kind: model.StructKind, Struct: item}
	item.Fields = []*model.Field{{Name: "N", Wire: "n", Type: integer}, {Name: "Next", Wire: "Next", Type: &model.Type{Kind: model.Pointer, Elem: items}}}
	task := &model.Struct{Package: ref, Name: "Buy", Fields: []*model.Field{
		{Name: "A", Wire: `quoted "a"`, Type: &model.Type{Kind: model.Map, Key: str, Elem: &model.Type{Kind: model.Slice, Elem: items}}},
		{Name: "Skip", Skip: true, Type: &model.Type{Kind: model.Opaque}},
		{Name: "B", Wire: "B", Type: &model.Type{Kind: model.Array, Len: 4, Elem: &model.Type{Kind: model.Uint8}}},
		{Name: "C", Wire: "C", Type: &model.Type{Kind: model.Foreign, Go: model.Named(ref, "Money")}},
	}}
	return &model.Package{Ref: ref, Tasks: []*model.Task{{
		Name: "Buy", Wire: "shop.Buy", Type: &model.Type{Kind: model.StructKind, Struct: task},
		Result: &model.Result{Type: &model.Type{Kind: model.Duration}},
	}}, Structs: []*model.Struct{task, item}}
}

func TestRoundTrip(t *testing.T) {
	text := lock.Of([]*model.Package{sample()}).Bytes()
	again, err := lock.Parse(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if diff := cmp.Diff(string(text), string(again.Bytes())); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
	for _, want := range []string{`name = "quoted \"a\"", type = "map[string][]example.com/shop.Item"`, `type = "[4]byte"`, `type = "own codec of example.com/shop.Money"`, `codec = "tuple"`, `result = "duration"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if !lock.Ours(text) || lock.Ours([]byte("# somebody's\n")) {
		t.Error("Ours cannot tell whose a file is")
	}
	if n := lock.Line(text, "shop.Buy"); strings.Split(string(text), "\n")[n-1] != `[tasks."shop.Buy"]` {
		t.Errorf("the task is not in line %d of\n%s", n, text)
	}
}

func TestParseIsStrict(t *testing.T) {
	for text, want := range map[string]string{
		"protocol = 2\n":          "protocol 2; this tqgen knows 1",
		"":                        "protocol 0",
		"protocol = 1\nnew = 3\n": "unknown key new",
		"protocol = 1\n[tasks.\"a\"]\nqueue = 3\n": "incompatible types",
		"protocol = 1\n<<<<<<< ours\n":             "expected",
	} {
		if _, err := lock.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, and not %q", text, err, want)
		}
	}
}

// The hash says whether two tasks have one form on the wire.
func TestHash(t *testing.T) {
	hash := func(change func(*model.Package)) string {
		p := sample()
		change(p)
		return lock.Of([]*model.Package{p}).Tasks["shop.Buy"].Hash
	}
	same := hash(func(*model.Package) {})
	for name, tt := range map[string]struct {
		change func(*model.Package)
		equal  bool
	}{
		"a Go name":       {func(p *model.Package) { p.Structs[1].Name = "Thing" }, true},
		"a Go field":      {func(p *model.Package) { p.Structs[1].Fields[0].Name = "M" }, true},
		"a wire name":     {func(p *model.Package) { p.Structs[1].Fields[0].Wire = "m" }, false},
		"a type":          {func(p *model.Package) { p.Structs[1].Fields[0].Type = &model.Type{Kind: model.Bool} }, false},
		"an inner codec":  {func(p *model.Package) { p.Structs[1].Tuple = false }, false},
		"a skipped field": {func(p *model.Package) { p.Structs[0].Fields = append(p.Structs[0].Fields, &model.Field{Skip: true}) }, true},
	} {
		if got := hash(tt.change); (got == same) != tt.equal {
			t.Errorf("after a change of %s the hash is %s, before %s", name, got, same)
		}
	}
}

// What was not looked at stays; what was, and is gone, is reported.
func TestKeep(t *testing.T) {
	old := lock.Of([]*model.Package{sample()})
	for _, keep := range []bool{true, false} {
		var errs diag.List
		now := lock.Of(nil)
		now.Keep(old, func(task, path string) bool {
			if task != "shop.Buy" || path != "example.com/shop" {
				t.Errorf("asked for %q in %q", task, path)
			}
			return keep
		})
		now.Compare(old, func(string) token.Position { return token.Position{} }, &errs)
		gone := len(errs.Sorted("", func(string) bool { return true })) == 1
		if keep && string(now.Bytes()) != string(old.Bytes()) || !keep && len(now.Tasks)+len(now.Structs) > 0 || gone == keep {
			t.Errorf("keep %v: gone %v and\n%s", keep, gone, now.Bytes())
		}
	}
}
