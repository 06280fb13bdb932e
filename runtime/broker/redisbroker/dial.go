package redisbroker

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

type dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

// patient makes a dialer whose failures do not count: after as many as a pool
// may have connections, go-redis answers every call with the last failure and
// tries the server once a second only, so that workers would notice its return
// late. How often to try is for call to say. The error of the dial is that of
// the first use.
func patient(dial dialer) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			// go-redis takes one wrapping off before it returns the error.
			return &failed{fmt.Errorf("connecting: %w", err)}, nil
		}
		return conn, nil
	}
}

// dialerOf is the user's dialer or, without one, that of go-redis.
func dialerOf(user dialer, o *redis.Options) dialer {
	if user == nil {
		user = redis.NewDialer(o)
	}
	return patient(user)
}

// A failed connection was never made.
type failed struct{ err error }

func (f *failed) Read([]byte) (int, error)         { return 0, f.err }
func (f *failed) Write([]byte) (int, error)        { return 0, f.err }
func (f *failed) Close() error                     { return nil }
func (f *failed) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (f *failed) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (f *failed) SetDeadline(time.Time) error      { return nil }
func (f *failed) SetReadDeadline(time.Time) error  { return nil }
func (f *failed) SetWriteDeadline(time.Time) error { return nil }
