// Package directive reads the comments that begin with //taskqueue: and finds
// those that were meant to.
//
//	//taskqueue:task [name=…] [queue=…] [retries=N] [timeout=30s] [priority=low|normal|high|critical]
//	                 [result=Type] [retention=1h] [codec=map|tuple] [unique=Field,Field|payload [within=10m]]
//	//taskqueue:retry exponential [base=1s] [max=1m] [factor=2] [jitter=0.2] | fixed delay=5s | intervals=1s,5s,30s | none
//	//taskqueue:defaults [queue=…] [retries=N] [timeout=…] [priority=…] [retention=…] [codec=…]
//
// A value is a bare word, a "Go string" or a `raw one`.
package directive
