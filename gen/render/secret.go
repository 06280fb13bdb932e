package render

import (
	"github.com/dave/jennifer/jen"

	"github.com/tqgen/taskqueue/gen/model"
)

const slogPath = "log/slog"

// logValue hides secret fields from logs, also those of structs inside.
func logValue(f *jen.File, s *model.Struct) {
	if !s.HasSecret() {
		return
	}
	f.Comment("LogValue shows the fields of v in logs, but not the secret ones.")
	f.Func().Params(jen.Id("v").Id(s.Name)).Id("LogValue").Params().Qual(slogPath, "Value").Block(
		jen.Return(jen.Qual(slogPath, "GroupValue").CallFunc(func(g *jen.Group) {
			for field := range s.Encoded() {
				g.Line().Add(attr(field))
			}
			g.Line()
		})),
	)
}

// attr is what logs show of a field. What holds structs with secrets would be
// shown as it is, for loggers ask only a struct itself how it is shown.
func attr(f *model.Field) jen.Code {
	name, value := jen.Lit(f.Name), jen.Id("v").Dot(f.Name)
	text := func(s string) jen.Code { return jen.Qual(slogPath, "String").Call(name, jen.Lit(s)) }
	t := f.Type
	switch {
	case f.Secret:
		return text("[secret]")
	case !t.HasSecret() || declared(t):
		return jen.Qual(slogPath, "Any").Call(name, value)
	case t.Kind == model.Pointer && declared(t.Elem) && !t.Elem.Struct.Recursive:
		return jen.Qual(codegenPath, "LogPointer").Call(name, value)
	}
	return text("[holds secrets]")
}

// declared reports whether a type is a struct with methods of its own.
func declared(t *model.Type) bool { return t.Kind == model.StructKind && !t.Struct.Inline }
