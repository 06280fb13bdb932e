package console

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// NoStore says what to do where the store at a URL, which is shown and holds nothing
// secret, cannot be opened.
func NoStore(ctx context.Context, url string, err error) error {
	const help = "Start it (redis-server, or docker compose up redis), or use mem:// to try things in this process alone."
	switch {
	case ctx.Err() != nil:
		return &Error{Interrupted, errors.New("interrupted before any work began")}
	case errors.Is(err, syscall.ECONNREFUSED):
		return Misuse(fmt.Errorf("%s refuses connections. %s", url, help))
	case errors.Is(err, taskqueue.ErrUnavailable):
		return Misuse(fmt.Errorf("%s does not answer (%w). %s", url, err, help))
	}
	return Misuse(err)
}
