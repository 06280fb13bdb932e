// Package directive reads the comments that begin with //taskqueue: and finds
// those that were meant to.
//
//	//taskqueue:task queue=mail retries=5 timeout=30s
//	//taskqueue:retry exponential base=1s max=1m factor=2 jitter=0.2
//	//taskqueue:defaults queue=mail
//
// docs/tasks.md has all verbs and keys, and a test holds it against this package.
// A value is a bare word, a "Go string" or a `raw one`.
package directive
