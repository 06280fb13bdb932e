package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	neturl "net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

const knock = time.Second

// Listens returns an error if it is known already that nobody listens at the URL of a
// server. Who sits before a terminal should not wait for one that may start, as a
// worker does.
func Listens(ctx context.Context, url string) error {
	u, err := neturl.Parse(url)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" {
		return nil //nolint:nilerr // several servers, or no URL: opening it tells
	}
	port := cmp.Or(u.Port(), "6379")
	conn, err := (&net.Dialer{Timeout: knock}).DialContext(ctx, "tcp", net.JoinHostPort(cmp.Or(u.Hostname(), "localhost"), port))
	if err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) {
			return err
		}
		return nil // opening it has more patience
	}
	return conn.Close()
}

// NoStore says what to do where the store at a URL, which is shown and holds nothing
// secret, cannot be opened.
func NoStore(ctx context.Context, url string, err error) error {
	const help = "Start it (redis-server, or docker compose up redis), or use mem:// to try things in this process alone."
	switch {
	case ctx.Err() != nil:
		return &Error{Interrupted, errors.New("interrupted before any work began")}
	case errors.Is(err, syscall.ECONNREFUSED):
		return Misuse(fmt.Errorf("%s refuses connections. %s", url, help))
	case refused(err, "NOAUTH", "WRONGPASS", "ERR AUTH"):
		return Misuse(fmt.Errorf("%s does not accept the user or the password. They stand in the URL: redis://USER:PASSWORD@HOST, or redis://:PASSWORD@HOST", url))
	case refused(err, "NOPERM"):
		return Misuse(fmt.Errorf("%s does not let this user do what is needed (%w). docs/redis.md has the rights", url, err))
	case isLookup(err):
		return Misuse(fmt.Errorf("%s: there is no such host (%w)", url, err))
	case errors.Is(err, taskqueue.ErrUnavailable):
		return Misuse(fmt.Errorf("%s does not answer (%w). %s", url, err, help))
	}
	return Misuse(err)
}

// refused reports whether a server has answered with one of these words.
func refused(err error, words ...string) bool {
	reply, ok := errors.AsType[redis.Error](err)
	return ok && slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(reply.Error(), word) })
}

func isLookup(err error) bool {
	failed, ok := errors.AsType[*net.DNSError](err)
	return ok && failed.IsNotFound
}
