package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/tqgen/taskqueue/gen"
	"github.com/tqgen/taskqueue/gen/diag"
)

// Exit codes.
const (
	exitOK    = 0
	exitWrong = 1 // mistakes in the source or, with -check, files that are not up to date
	exitUsage = 2 // a bad flag or pattern, a file that cannot be read or written
)

const usage = `Usage: tqgen [flags] [packages]

tqgen finds the structs with //taskqueue:task in the packages (default ./...)
and writes taskqueue_gen.go and taskqueue_msgp.go beside them, and tasks.lock at
the root of the module. Files that are up to date are not touched.

Flags:
`

const exits = `
Exit codes: 0 all is well; 1 mistakes in the source or, with -check, files that
are not up to date; 2 wrong usage, or a file that cannot be read or written.
`

// options are the flags.
type options struct {
	gen.Config
	json    bool
	version bool
	tags    string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := newFlags(&o, stderr)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitUsage
	}
	if o.version {
		fmt.Fprintln(stdout, version())
		return exitOK
	}
	o.Patterns = flags.Args()
	o.Tags = strings.FieldsFunc(o.tags, func(r rune) bool { return r == ',' })
	result, err := gen.Run(ctx, o.Config)
	if err != nil {
		fmt.Fprintln(stderr, "tqgen:", err)
		return exitUsage
	}
	if o.json {
		err = writeJSON(stdout, o.Check, result)
	} else {
		err = writeText(stderr, o.Check, result)
	}
	switch {
	case err != nil:
		return exitUsage
	case len(result.Diagnostics) > 0 || o.Check && len(result.Changes) > 0:
		return exitWrong
	}
	return exitOK
}

func newFlags(o *options, stderr io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet("tqgen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&o.Check, "check", false, "write nothing; list files that are not up to date, and exit with 1 if there are any")
	flags.BoolVar(&o.Accept, "accept", false, "accept changes that break tasks in flight, and record them in tasks.lock")
	flags.BoolVar(&o.json, "json", false, "print what was found as one JSON object")
	flags.StringVar(&o.Loader, "loader", "fast", "`how` packages are read: fast, or packages (golang.org/x/tools/go/packages)")
	flags.StringVar(&o.Dir, "C", ".", "change to `dir` first")
	flags.StringVar(&o.tags, "tags", "", "build tags, a `list` separated by commas")
	flags.BoolVar(&o.version, "version", false, "print the version")
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
		fmt.Fprint(stderr, exits)
	}
	return flags
}

// version is the module's, as the go command recorded it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "tqgen (devel)"
	}
	return "tqgen " + info.Main.Version
}

// remedy is the command that brings files up to date.
const remedy = "go tool tqgen"

func writeText(w io.Writer, check bool, r gen.Result) error {
	for _, d := range r.Diagnostics {
		fmt.Fprintln(w, d)
	}
	if !check || len(r.Diagnostics) > 0 {
		return nil
	}
	for _, c := range r.Changes {
		fmt.Fprintf(w, "%s: %s\n%s", c.Path, c.State, c.Diff())
	}
	if len(r.Changes) > 0 {
		fmt.Fprintf(w, "run: %s ./...\n", remedy)
	}
	return nil
}

// jsonResult is the form for editors and scripts.
type jsonResult struct {
	Diagnostics []jsonDiagnostic `json:"diagnostics"`
	Files       []jsonFile       `json:"files"`
}

type jsonDiagnostic struct {
	File   string    `json:"file"`
	Line   int       `json:"line"`
	Column int       `json:"column"`
	Code   diag.Code `json:"code"`
	Text   string    `json:"text"`
	Fix    string    `json:"fix"`
}

type jsonFile struct {
	Path  string    `json:"path"`
	State gen.State `json:"state"`
	Diff  string    `json:"diff,omitempty"`
}

func writeJSON(w io.Writer, check bool, r gen.Result) error {
	out := jsonResult{[]jsonDiagnostic{}, []jsonFile{}}
	for _, d := range r.Diagnostics {
		out.Diagnostics = append(out.Diagnostics, jsonDiagnostic{d.Position.Filename, d.Position.Line, d.Position.Column, d.Code, d.Text, d.Fix})
	}
	for _, c := range r.Changes {
		f := jsonFile{Path: c.Path, State: c.State}
		if check {
			f.Diff = c.Diff()
		}
		out.Files = append(out.Files, f)
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "\t")
	return encoder.Encode(out)
}
