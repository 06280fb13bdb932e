package redisbroker

import (
	"context"
	"fmt"
	"log/slog"
)

// remarks are what go-redis says, a line for each connection that it cannot
// make. Whoever calls learns that from the error, so it is for those who look for
// it.
type remarks struct{ log *slog.Logger }

// Printf implements the logger of go-redis.
func (r remarks) Printf(ctx context.Context, format string, v ...any) {
	if r.log.Enabled(ctx, slog.LevelDebug) {
		r.log.DebugContext(ctx, fmt.Sprintf(format, v...))
	}
}
