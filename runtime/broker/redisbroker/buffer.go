package redisbroker

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/redis/go-redis/v9"
)

// elementGuess is about how many bytes an element has on the wire.
const elementGuess = 320

// A buffer takes in one raw reply. Its bytes are never used again for anything
// else, as messages alias them.
type buffer struct{ bytes []byte }

func newBuffer(size int) *buffer { return &buffer{make([]byte, 0, max(size, 512))} }

// Write implements io.Writer.
func (b *buffer) Write(p []byte) (int, error) {
	b.bytes = append(b.bytes, p...)
	return len(p), nil
}

// ReadFrom implements io.ReaderFrom, which saves the copy through a buffer of
// io.Copy's.
func (b *buffer) ReadFrom(r io.Reader) (int64, error) {
	start := len(b.bytes)
	for {
		b.bytes = slices.Grow(b.bytes, 512)
		n, err := r.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		if errors.Is(err, io.EOF) {
			return int64(len(b.bytes) - start), nil
		}
		if err != nil {
			return int64(len(b.bytes) - start), err
		}
	}
}

// A replyError is a reply that is no list.
type replyError string

// Error implements error.
func (e replyError) Error() string { return string(e) }

// RedisError marks it as an answer of the server.
func (replyError) RedisError() {}

var _ redis.Error = replyError("")

var errProtocol = errors.New("redis sent something else than a list")

// elements cuts the reply to LRANGE into its elements.
func (b *buffer) elements() ([][]byte, error) {
	if len(b.bytes) > 0 && b.bytes[0] == '-' {
		line, _, _ := bytes.Cut(b.bytes[1:], []byte("\r\n"))
		return nil, replyError(line)
	}
	count, rest := header(b.bytes, '*')
	if rest == nil {
		return nil, fmt.Errorf("%w: %.20q", errProtocol, b.bytes)
	}
	elements := make([][]byte, 0, min(count, len(b.bytes)/4))
	for range count {
		n, after := header(rest, '$')
		if after == nil || n+2 > len(after) {
			return nil, fmt.Errorf("%w: %.20q", errProtocol, rest)
		}
		elements = append(elements, after[:n:n])
		rest = after[n+2:]
	}
	return elements, nil
}

// header reads a line of a type and a number; rest is nil if it is none.
func header(b []byte, kind byte) (n int, rest []byte) {
	if len(b) == 0 || b[0] != kind {
		return 0, nil
	}
	for i, c := range b[1:] {
		switch {
		case c == '\r' && i > 0 && i+2 < len(b):
			return n, b[i+3:]
		case c < '0' || c > '9' || i > 10:
			return 0, nil
		}
		n = n*10 + int(c-'0')
	}
	return 0, nil
}
