package main

import (
	"context"
	"path/filepath"

	"github.com/tqgen/taskqueue/gen"
)

func (c *command) fixturesFlags() {
	c.readFlags()
	c.flags.BoolVar(&c.config.Check, "check", false, "write nothing; list files that are missing, and exit with 1 if there are any")
	c.flags.StringVar(&c.out, "out", "testdata/payloads", "the `folder` to write to")
}

// fixtures writes an encoded payload of each task in each version.
func (c *command) fixtures(ctx context.Context) int {
	return c.files(ctx, "fixtures", gen.Fixtures)
}

// files runs a command that writes files into a folder.
func (c *command) files(ctx context.Context, name string, write func(context.Context, gen.Config, string) (gen.Result, error)) int {
	c.patterns()
	given := c.out
	if !filepath.IsAbs(c.out) {
		c.out = filepath.Join(c.config.Dir, c.out)
	}
	result, err := write(ctx, c.config, c.out)
	if err != nil {
		return c.fail(err)
	}
	return c.report(result, "go tool tqgen "+name+" -out "+filepath.ToSlash(given))
}
