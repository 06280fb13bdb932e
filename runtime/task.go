package taskqueue

import "context"

// A Task binds a kind to the code that does its work. Generated code makes
// them: Tasks(handler) returns one for each annotated struct of a package.
type Task struct {
	Kind *Kind
	// Run decodes payload, does the work and appends the encoded result, if
	// there is one, to dst. The decoded task may alias payload, which nobody
	// changes any more.
	Run RunFunc
	// Older runs payloads of older shapes, by the kind's version then. A task of
	// any other version is parked for another worker, as one of an unknown kind
	// is.
	Older map[uint16]RunFunc
	// Decode reads a payload of one of these versions, as what Run would give to
	// the handler. Nil: nobody may look.
	Decode func(version uint16, payload []byte) (Payload, error)
	// Batch runs several tasks by one call of their handler; nil: each has its
	// own. Run and Older then run a batch of one.
	Batch *Batch
}

// A RunFunc runs a task, see [Task].
type RunFunc func(ctx context.Context, payload, dst []byte) ([]byte, error)
