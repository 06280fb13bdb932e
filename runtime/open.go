package taskqueue

import (
	"context"
	"fmt"
	"net/url"

	"github.com/tqgen/taskqueue/runtime/broker/membroker"
)

// Open connects to the store at a URL:
//
//	mem://    in this process' memory: each Open is a store of its own, so
//	          share the client; its tasks die with the process
//
// The error is ErrInvalid for a URL that Open does not understand.
func Open(ctx context.Context, rawURL string) (*Client, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("%w: the store's URL cannot be read (it is not shown, as it may hold a password)", ErrInvalid)
	}
	if u.Scheme == "mem" {
		return NewClient(membroker.New(membroker.Config{}), ClientConfig{})
	}
	return nil, fmt.Errorf("%w: unknown store %q; use %s", ErrInvalid, u.Scheme+"://", "mem://")
}
