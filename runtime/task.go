package taskqueue

import "context"

// A Task binds a kind to the code that does its work. Generated code makes
// them: Tasks(handler) returns one for each annotated struct of a package.
type Task struct {
	Kind *Kind
	// Run decodes payload, does the work and appends the encoded result, if
	// there is one, to dst. The decoded task may alias payload, which nobody
	// changes any more.
	Run func(ctx context.Context, payload, dst []byte) ([]byte, error)
}
