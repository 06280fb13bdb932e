// Package codec writes MessagePack serializers: for every struct of a package
// the methods of msgp.Marshaler, Unmarshaler and Sizer.
//
// The bytes are those of tinylib/msgp. What differs is the decoder, which
// trusts nothing (lengths, depth, what the value held before), and whose strings
// share the payload's memory; see runtime/codegen, where the work is done.
package codec

import (
	"bytes"
	"fmt"
	"go/format"

	"github.com/tqgen/taskqueue/gen/model"
)

// runtimePath is imported by every generated file.
const runtimePath = "github.com/tqgen/taskqueue/runtime/codegen"

// Source writes the file of serializers for all structs of pkg; nil if it has
// none. The result is formatted and depends on nothing but pkg.
func Source(pkg *model.Package) ([]byte, error) {
	if len(pkg.Structs) == 0 {
		return nil, nil
	}
	f, err := newFile(pkg)
	if err != nil {
		return nil, err
	}
	f.guards()
	for _, s := range pkg.Structs {
		f.marshal(s)
		f.unmarshal(s)
		f.size(s)
	}
	if err := f.schemas(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\n\npackage %s\n\n", model.Header, pkg.Name)
	f.writeImports(&out)
	out.Write(f.body.Bytes())
	source, err := format.Source(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("codec of %s: %w", pkg.Path, err)
	}
	return source, nil
}
