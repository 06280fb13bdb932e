// Command tq is the operator's command line of task queues: look, pause, retry,
// find what is wrong. See docs/tq.md.
package main

import (
	"os"
	_ "time/tzdata" // zones of crons mean the same on every machine

	"github.com/tqgen/taskqueue/internal/tq"
)

func main() { os.Exit(tq.Main()) }
