package render

import (
	"fmt"
	"unicode"

	"github.com/dave/jennifer/jen"

	"github.com/tqgen/taskqueue/gen/model"
)

func identRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// task writes the kind, the job and the ways to enqueue it.
func task(f *jen.File, t *model.Task) {
	f.Var().Id(t.KindName()).Op("=").Add(kind(t))
	job(f, t)
	enqueue(f, t)
	if t.Result != nil {
		future(f, t)
	}
}

// kind is the value that describes a task's type.
func kind(t *model.Task) jen.Code {
	values := []pair{{"Name", jen.Lit(t.Wire)}}
	if t.Version > 1 {
		values = append(values, pair{"Version", jen.Lit(t.Version)})
	}
	if len(t.Was) > 0 {
		values = append(values, pair{"Was", jen.Index().String().ValuesFunc(func(g *jen.Group) {
			for _, a := range t.Was {
				g.Lit(a.Wire)
			}
		})})
	}
	if t.Type.Struct != nil {
		values = append(values, pair{"Schema", jen.Id(t.SchemaName())})
	}
	if s := settings(t); len(s) > 0 {
		values = append(values, pair{"Settings", jen.Qual(runtimePath, "Settings").ValuesFunc(settingsLiteral(s))})
	}
	plain := jen.Qual(codegenPath, "Kind").Index(jen.Id(t.Name)).ValuesFunc(kindLiteral(values))
	if t.Result == nil {
		return plain
	}
	return jen.Qual(codegenPath, "ResultKind").Index(jen.List(jen.Id(t.Name), spell(t.Result.Type))).ValuesFunc(literal([]pair{
		{"Kind", plain},
		{"Result", result(t.Result.Type)},
	}))
}

// result is the codec of a task's result.
func result(t *model.Type) jen.Code {
	of := func(name string, typ *model.Type, args ...jen.Code) jen.Code {
		return jen.Qual(codegenPath, name).Index(spell(typ)).Call(args...)
	}
	switch t.Kind {
	case model.Pointer:
		return of("Pointer", t.Elem)
	case model.StructKind, model.Foreign:
		return of("Value", t)
	case model.Slice:
		return of("Slice", t, result(t.Elem))
	case model.Map:
		return of("Map", t, result(t.Key), result(t.Elem))
	case model.Time:
		return jen.Qual(codegenPath, "Time").Call()
	}
	return of(scalar(t.Kind), t)
}

// scalar is the codec of a result without parts.
func scalar(k model.Kind) string {
	switch {
	case k == model.Bool:
		return "Bool"
	case k == model.String:
		return "String"
	case k == model.Bytes:
		return "Bytes"
	case k == model.Float32:
		return "Float32"
	case k == model.Float64:
		return "Float64"
	case k >= model.Uint && k <= model.Uint64:
		return "Uint"
	}
	return "Int"
}

func job(f *jen.File, t *model.Task) {
	args := []jen.Code{jen.Op("&").Add(plainKind(t)), jen.Op("&").Id("t"), jen.Id("options")}
	f.Comment("Job returns t as a job, to be enqueued together with others.")
	f.Func().Params(jen.Id("t").Id(t.Name)).Id("Job").
		Params(jen.Id("options").Op("...").Qual(runtimePath, "Option")).Qual(runtimePath, "Job").
		Block(jen.Return(jen.Qual(codegenPath, "Job").Call(append(args, own(t)...)...)))
}

// plainKind is the codegen.Kind of a task.
func plainKind(t *model.Task) *jen.Statement {
	if t.Result == nil {
		return jen.Id(t.KindName())
	}
	return jen.Id(t.KindName()).Dot("Kind")
}

// own are the options that come from the struct itself.
func own(t *model.Task) []jen.Code {
	var options []jen.Code
	for _, m := range []struct {
		name string
		has  bool
	}{{"Queue", t.Methods.Queue}, {"Retries", t.Methods.Retries}, {"Timeout", t.Methods.Timeout}} {
		if m.has {
			options = append(options, jen.Qual(runtimePath, m.name).Call(jen.Id("t").Dot(m.name).Call()))
		}
	}
	if r := t.Settings.Retention; r != nil && *r == 0 {
		options = append(options, jen.Qual(runtimePath, "Retention").Call(jen.Lit(0)))
	}
	if t.Key != nil {
		options = append(options, key(t.Key))
	}
	if t.Unique != nil {
		options = append(options, unique(t))
	}
	return options
}

// key is the option that says whose task t is.
func key(f *model.Field) jen.Code {
	value := jen.Id("t").Dot(f.Name)
	switch k := f.Type.Kind; {
	case f.Type.Binary():
		return jen.Qual(codegenPath, "BytesKey").Call(value.Index(jen.Op(":")))
	case k == model.String:
		return jen.Qual(codegenPath, "StringKey").Call(value)
	case k >= model.Uint:
		return jen.Qual(codegenPath, "UintKey").Call(value)
	}
	return jen.Qual(codegenPath, "IntKey").Call(value)
}

// unique is the option that holds the key of t.
func unique(t *model.Task) jen.Code {
	window := duration(t.Unique.Within)
	if t.Unique.Payload {
		return jen.Qual(codegenPath, "UniquePayload").Call(jen.Op("&").Add(plainKind(t)), jen.Op("&").Id("t"), window)
	}
	key := jen.Qual(codegenPath, "UniqueKey").Call(jen.Op("&").Add(plainKind(t)))
	for _, field := range t.Unique.Fields {
		method, convert := keyPart(field.Type)
		value := jen.Id("t").Dot(field.Name)
		switch {
		case field.Type.Binary():
			value = value.Index(jen.Op(":"))
		case convert != "":
			value = jen.Id(convert).Call(value)
		}
		key = key.Dot(method).Call(value)
	}
	return key.Dot("Option").Call(window)
}

// keyPart is the method that adds a value to a key, and the type that it takes
// if the value must be converted.
func keyPart(t *model.Type) (method, convert string) {
	switch k := t.Kind; {
	case k == model.Bool:
		method, convert = "Bool", "bool"
	case k == model.Float32 || k == model.Float64:
		method, convert = "Float", "float64"
	case k >= model.Uint && k <= model.Uint64:
		method, convert = "Uint", "uint64"
	case k.Number():
		method, convert = "Int", "int64"
	case k == model.String:
		method, convert = "String", "string"
	case k == model.Time:
		return "Time", ""
	case k == model.Duration:
		return "Int", "int64"
	default:
		return "Bytes", ""
	}
	if t.Kind.String() == convert && t.Go.IsZero() {
		convert = ""
	}
	return method, convert
}

func enqueue(f *jen.File, t *model.Task) {
	f.Comment(fmt.Sprintf("Enqueue adds t to %s.", queueOf(t)))
	m := f.Func().Params(jen.Id("t").Id(t.Name)).Id("Enqueue").Params(
		jen.Id("ctx").Qual("context", "Context"),
		jen.Id("c").Op("*").Qual(runtimePath, "Client"),
		jen.Id("options").Op("...").Qual(runtimePath, "Option"),
	)
	j := jen.Id("t").Dot("Job").Call(jen.Id("options").Op("..."))
	if t.Result == nil {
		m.Params(jen.Qual(runtimePath, "ID"), jen.Error()).
			Block(jen.Return(jen.Id("c").Dot("Enqueue").Call(jen.Id("ctx"), j)))
		return
	}
	m.Params(futureType(t), jen.Error()).
		Block(jen.Return(jen.Qual(codegenPath, "Enqueue").Call(jen.Id("ctx"), jen.Id("c"), jen.Op("&").Id(t.KindName()), j)))
}

func queueOf(t *model.Task) string {
	switch {
	case t.Methods.Queue:
		return "the queue that its Queue method names"
	case t.Settings.Queue != nil:
		return fmt.Sprintf("the queue %q", *t.Settings.Queue)
	}
	return `the queue "default"`
}

func futureType(t *model.Task) jen.Code {
	return jen.Qual(runtimePath, "Future").Index(spell(t.Result.Type))
}

func future(f *jen.File, t *model.Task) {
	f.Comment(fmt.Sprintf("%s returns the future of the %s that has this id, in any process.", t.FutureName(), t.Name))
	f.Func().Id(t.FutureName()).
		Params(jen.Id("c").Op("*").Qual(runtimePath, "Client"), jen.Id("id").Qual(runtimePath, "ID")).
		Add(futureType(t)).
		Block(jen.Return(jen.Qual(codegenPath, "Future").Call(jen.Id("c"), jen.Op("&").Id(t.KindName()), jen.Id("id"))))
}
