package web

import (
	"context"
	"errors"
	"fmt"
)

// A partial error tells how far a change of many tasks came.
type partial struct {
	changed, meant int // meant is 0 where that is not known
	err            error
}

// Error implements error.
func (p *partial) Error() string {
	return fmt.Sprintf("%s were changed: %v", p.share(), p.err)
}

// Unwrap is what stopped it.
func (p *partial) Unwrap() error { return p.err }

// tell is what the one who asked is told; the rest stays in the log.
func (p *partial) tell() string {
	why := "the store failed"
	if errors.Is(p.err, context.DeadlineExceeded) {
		why = "the time was up"
	}
	return p.share() + " were changed, then " + why + "; ask again for the rest"
}

func (p *partial) share() string {
	if p.meant > 0 {
		return fmt.Sprintf("%d of %d tasks", p.changed, p.meant)
	}
	return fmt.Sprintf("%d tasks", p.changed)
}
