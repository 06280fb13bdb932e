// Package files holds the task of the demo: to digest one file.
package files

import "time"

// Digest reads a file and says what is in it. Reading may fail for a while (a
// network share, say), so it is tried five times.
//
//taskqueue:task queue=digest retries=4 timeout=1m retention=10m result=Sum
//taskqueue:retry intervals=100ms,200ms,400ms,800ms
type Digest struct {
	Path string
}

// A Sum is what Digest finds.
type Sum struct {
	Size   int64
	Lines  int64    // a last one without a line feed counts, too
	SHA256 [32]byte // of the content

	Worker  string        // that digested the file
	Attempt int           // 1 for the first run
	Wait    time.Duration // from when the task could run until it did, by the worker's clock
	Run     time.Duration // of reading
}
