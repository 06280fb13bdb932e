package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/tqgen/taskqueue/gen"
)

// Exit codes.
const (
	exitOK    = 0
	exitWrong = 1 // mistakes in the source or, with -check, files that are not up to date
	exitUsage = 2 // a bad flag or pattern, a file that cannot be read or written
)

const usage = `Usage: tqgen [flags] [packages]
       tqgen list [flags] [packages]
       tqgen schema [-out DIR] [flags] [packages]
       tqgen fixtures [-out DIR] [flags] [packages]
       tqgen explain [flags] FILE:LINE | TQnnn
       tqgen init [-module PATH] DIR
       tqgen version

tqgen finds the structs with //taskqueue:task in the packages (default ./...)
and writes taskqueue_gen.go and taskqueue_msgp.go beside them, and tasks.lock at
the root of the module. Files that are up to date are not touched.

list shows the tasks and writes nothing; schema writes a JSON Schema for each
payload and result, and TASKS.md; fixtures writes an encoded payload of each task
in each version, and leaves those that are there; explain says what tqgen makes of a line, or
what a code means; init starts a new project. A folder with such a name is
written ./list.

Flags:
`

const exits = `
Exit codes: 0 all is well; 1 mistakes in the source or, with -check, files that
are not up to date; 2 wrong usage, or a file that cannot be read or written.
`

// A command is one run of the program.
type command struct {
	stdout, stderr io.Writer
	flags          *flag.FlagSet
	config         gen.Config
	json, version  bool
	module, tags   string
	out            string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c := &command{stdout: stdout, stderr: stderr, flags: flag.NewFlagSet("tqgen", flag.ContinueOnError)}
	c.flags.SetOutput(stderr)
	c.flags.Usage = c.usage
	flags, work := c.generateFlags, c.generate
	if len(args) > 0 {
		switch args[0] {
		case "list":
			args, flags, work = args[1:], c.listFlags, c.list
		case "schema":
			args, flags, work = args[1:], c.schemaFlags, c.schema
		case "fixtures":
			args, flags, work = args[1:], c.fixturesFlags, c.fixtures
		case "explain":
			args, flags, work = args[1:], c.sourceFlags, c.explain
		case "version":
			args, flags, work = args[1:], c.noFlags, c.printVersion
		case "init":
			args, flags, work = args[1:], c.initFlags, c.init
		}
	}
	flags()
	if err := c.flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitUsage
	}
	return work(ctx)
}

func (c *command) usage() {
	fmt.Fprint(c.stderr, usage)
	c.flags.PrintDefaults()
	fmt.Fprint(c.stderr, exits)
}

// fail reports what is not about the source.
func (c *command) fail(err error) int {
	fmt.Fprintln(c.stderr, "tqgen:", err)
	return exitUsage
}

func (c *command) generateFlags() {
	c.readFlags()
	c.flags.BoolVar(&c.config.Check, "check", false, "write nothing; list files that are not up to date, and exit with 1 if there are any")
	c.flags.BoolVar(&c.config.Accept, "accept", false, "accept changes that break tasks in flight, and record them in tasks.lock")
	c.flags.BoolVar(&c.version, "version", false, "print the version")
}

// readFlags say what is read, and how it is shown.
func (c *command) readFlags() {
	c.flags.BoolVar(&c.json, "json", false, "print what was found as JSON")
	c.sourceFlags()
}

// sourceFlags say what is read.
func (c *command) sourceFlags() {
	c.flags.StringVar(&c.config.Loader, "loader", "fast", "`how` packages are read: fast, or packages (golang.org/x/tools/go/packages)")
	c.flags.StringVar(&c.config.Dir, "C", ".", "change to `dir` first")
	c.flags.StringVar(&c.tags, "tags", "", "build tags, a `list` separated by commas")
}

// read runs the generator with the flags.
func (c *command) read(ctx context.Context) (gen.Result, error) {
	c.patterns()
	return gen.Run(ctx, c.config)
}

// patterns are what the arguments say is to be read.
func (c *command) patterns() {
	c.config.Patterns = c.flags.Args()
	c.config.Tags = strings.FieldsFunc(c.tags, func(r rune) bool { return r == ',' })
}

func (c *command) generate(ctx context.Context) int {
	if c.version {
		return c.printVersion(ctx)
	}
	result, err := c.read(ctx)
	if err != nil {
		return c.fail(err)
	}
	return c.report(result, remedy)
}

func (c *command) noFlags() {}

func (c *command) printVersion(context.Context) int {
	fmt.Fprintln(c.stdout, "tqgen", version())
	return exitOK
}

// report shows what was found, and is the exit code. The command is what brings
// files up to date.
func (c *command) report(result gen.Result, command string) int {
	if !c.json {
		writeText(c.stderr, c.config.Check, result, command)
	} else if err := writeJSON(c.stdout, c.config.Check, result); err != nil {
		return c.fail(err)
	}
	if len(result.Diagnostics) > 0 || c.config.Check && len(result.Changes) > 0 {
		return exitWrong
	}
	return exitOK
}

const development = "(devel)"

// version is the module's, as the go command recorded it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return development
	}
	return info.Main.Version
}
