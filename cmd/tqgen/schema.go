package main

import (
	"context"
	"path/filepath"

	"github.com/tqgen/taskqueue/gen"
)

func (c *command) schemaFlags() {
	c.readFlags()
	c.flags.BoolVar(&c.config.Check, "check", false, "write nothing; list files that are not up to date, and exit with 1 if there are any")
	c.flags.StringVar(&c.out, "out", "schema", "the `folder` to write to")
}

// schema describes the tasks in files of their own.
func (c *command) schema(ctx context.Context) int {
	c.patterns()
	given := c.out
	if !filepath.IsAbs(c.out) {
		c.out = filepath.Join(c.config.Dir, c.out)
	}
	result, err := gen.Schemas(ctx, c.config, c.out)
	if err != nil {
		return c.fail(err)
	}
	return c.report(result, "go tool tqgen schema -out "+filepath.ToSlash(given))
}
