// Command tqgen writes what structs need to be tasks of
// github.com/tqgen/taskqueue: put //taskqueue:task above a struct, run tqgen.
package main

import (
	"context"
	"os"
	"os/signal"
	_ "time/tzdata" // zone= means the same on every machine
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
