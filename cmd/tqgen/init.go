package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tqgen/taskqueue/gen"
	"github.com/tqgen/taskqueue/gen/scaffold"
)

func (c *command) initFlags() {
	c.flags.StringVar(&c.module, "module", "", "`path` of the new module (default example.com/ and the name of the folder)")
}

// init starts a project: it is generated at once, so that it compiles as soon
// as go mod tidy has found the runtime.
func (c *command) init(ctx context.Context) int {
	if c.flags.NArg() != 1 {
		return c.fail(errors.New("init takes one folder: tqgen init DIR"))
	}
	dir := c.flags.Arg(0)
	config := scaffold.Config{Dir: dir, Module: c.module}
	if v := version(); v != development && !strings.Contains(v, "+") { // a local build
		config.Version = v
	}
	names, err := scaffold.Write(config)
	if err != nil {
		return c.fail(err)
	}
	result, err := gen.Run(ctx, gen.Config{Dir: dir})
	if err != nil {
		return c.fail(err)
	}
	for _, change := range result.Changes {
		names = append(names, change.Path)
	}
	for _, name := range names {
		fmt.Fprintln(c.stdout, name)
	}
	fmt.Fprintf(c.stdout, "\nNext: cd %s && go mod tidy && go run .\n", dir)
	return exitOK
}
