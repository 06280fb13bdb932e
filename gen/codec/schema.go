package codec

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tqgen/taskqueue/gen/schema"
)

// schemas writes a constant for each task: what its payload and result look like.
func (f *file) schemas() error {
	for _, t := range f.pkg.Tasks {
		if t.Type.Struct == nil {
			continue
		}
		text, err := schema.Kind(t)
		if err != nil {
			return err
		}
		literal := "`" + text + "`"
		if strings.ContainsAny(text, "`\r") {
			literal = strconv.Quote(text)
		}
		fmt.Fprintf(&f.body, "\nconst %s = %s\n", t.SchemaName(), literal)
	}
	return nil
}
