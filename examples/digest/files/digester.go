package files

import (
	"context"
	"crypto/sha256"
	"io"
	"os"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A Digester is the Handler that reads real files. It is safe for concurrent
// use.
type Digester struct {
	// Pause makes each run take that much longer: time to pull plugs.
	Pause time.Duration
}

// Digest implements Handler.
func (d Digester) Digest(ctx context.Context, task *Digest) (*Sum, error) {
	start, info := time.Now(), taskqueue.Info(ctx)
	if d.Pause > 0 {
		if err := Sleep(ctx, d.Pause); err != nil {
			return nil, err
		}
	}
	sum, err := read(ctx, task.Path)
	if err != nil {
		return nil, err
	}
	sum.Worker, sum.Attempt = info.Worker, info.Attempt
	sum.Wait, sum.Run = max(start.Sub(info.Ready), 0), time.Since(start)
	return sum, nil
}

// read digests a file piece by piece, so that its size does not matter, and
// stops when ctx ends.
func read(ctx context.Context, path string) (*Sum, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	hash, count := sha256.New(), new(counter)
	if _, err := io.Copy(io.MultiWriter(hash, count), reader{ctx, f}); err != nil {
		return nil, err
	}
	sum := &Sum{Size: count.bytes, Lines: count.lines()}
	hash.Sum(sum.SHA256[:0])
	return sum, nil
}

// A reader reads until its context ends.
type reader struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (r reader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(p)
}

// A counter counts what is written to it.
type counter struct {
	bytes, feeds int64
	last         byte
}

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	for _, b := range p {
		if b == '\n' {
			c.feeds++
		}
		c.last = b
	}
	c.bytes += int64(len(p))
	return len(p), nil
}

func (c *counter) lines() int64 {
	if c.bytes > 0 && c.last != '\n' {
		return c.feeds + 1
	}
	return c.feeds
}

// Sleep waits for d, or until ctx ends; then it returns why.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
