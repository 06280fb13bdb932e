package codecsample

import "github.com/tqgen/taskqueue/internal/codectest"

// All is a zero value of every struct.
func All() []codectest.Codec {
	return []codectest.Codec{
		&Bench{}, &Small{}, &SmallMap{}, &Medium{}, &Large{}, &Scalars{}, &Tuple{}, &Leaf{}, &Nested{}, &Options{}, &Tree{}, &Chain{},
	}
}
