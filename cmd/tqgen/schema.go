package main

import (
	"context"

	"github.com/tqgen/taskqueue/gen"
)

func (c *command) schemaFlags() {
	c.readFlags()
	c.flags.BoolVar(&c.config.Check, "check", false, "write nothing; list files that are not up to date, and exit with 1 if there are any")
	c.flags.StringVar(&c.out, "out", "schema", "the `folder` to write to")
}

// schema describes the tasks in files of their own.
func (c *command) schema(ctx context.Context) int { return c.files(ctx, "schema", gen.Schemas) }
