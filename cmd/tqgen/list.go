package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/model"
)

func (c *command) listFlags() { c.readFlags() }

// A listedTask is a task as list shows it. What is not said is left out.
type listedTask struct {
	Name      string        `json:"name"`
	Type      string        `json:"type"`
	Doc       string        `json:"doc,omitempty"`
	Queue     string        `json:"queue"`
	Priority  string        `json:"priority,omitempty"`
	Retries   *int          `json:"retries,omitempty"`
	Timeout   string        `json:"timeout,omitempty"`
	Retention string        `json:"retention,omitempty"`
	Expires   string        `json:"expires,omitempty"`
	Cron      string        `json:"cron,omitempty"`
	Zone      string        `json:"zone,omitempty"`
	Limit     *listedLimit  `json:"limit,omitempty"`
	Key       string        `json:"key,omitempty"` // the field that is it
	Batch     int           `json:"batch,omitempty"`
	Linger    string        `json:"linger,omitempty"`
	Version   int           `json:"version"`
	Was       []string      `json:"was,omitempty"`
	Result    string        `json:"result,omitempty"`
	Execute   bool          `json:"execute"`
	Codec     string        `json:"codec"`
	Fields    []listedField `json:"fields"`
	File      string        `json:"file"`
	Line      int           `json:"line"`
}

type listedField struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Secret bool   `json:"secret,omitempty"`
}

// A listedLimit is what bounds the runs of a task, and of those of one key.
type listedLimit struct {
	Rate           *listedRate `json:"rate,omitempty"`
	Concurrency    int64       `json:"concurrency,omitempty"`
	KeyRate        *listedRate `json:"keyRate,omitempty"`
	KeyConcurrency int64       `json:"keyConcurrency,omitempty"`
}

type listedRate struct {
	Tasks  int64  `json:"tasks"`
	Period string `json:"period"`
	Burst  int64  `json:"burst"`
}

func limit(l model.Limit) *listedLimit {
	if l == (model.Limit{}) {
		return nil
	}
	rate := func(r model.Rate) *listedRate {
		if r.N == 0 {
			return nil
		}
		return &listedRate{r.N, r.Period.String(), max(r.Burst, 1)}
	}
	return &listedLimit{rate(l.Rate), l.Concurrency, rate(l.KeyRate), l.KeyConcurrency}
}

// list shows the tasks of the packages.
func (c *command) list(ctx context.Context) int {
	c.config.Check = true
	c.config.Accept = true
	result, err := c.read(ctx)
	if err != nil {
		return c.fail(err)
	}
	if len(result.Diagnostics) > 0 {
		writeText(c.stderr, true, result, remedy)
		return exitWrong
	}
	tasks := []listedTask{}
	for _, p := range result.Packages {
		for _, t := range p.Tasks {
			tasks = append(tasks, c.listed(p, t))
		}
	}
	if c.json {
		err = encode(c.stdout, tasks)
	} else {
		err = c.table(tasks)
	}
	if err != nil {
		return c.fail(err)
	}
	return exitOK
}

func (c *command) listed(p *model.Package, t *model.Task) listedTask {
	s := t.Settings
	l := listedTask{
		Name: t.Wire, Type: p.Path + "." + t.Name, Doc: t.Doc,
		Queue: cmp.Or(value(s.Queue), "default"), Priority: value(s.Priority), Retries: s.Retries,
		Timeout: duration(s.Timeout), Retention: duration(t.Retention()), Expires: duration(s.Expires), Version: t.Version,
		Limit: limit(s.Limit), Batch: t.Batch.Max,
		Execute: t.Execute, Codec: "map", Fields: []listedField{},
		File: c.seen(t.Position.Filename), Line: t.Position.Line,
	}
	if t.Cron != nil {
		l.Cron, l.Zone = t.Cron.Spec, t.Cron.Zone
	}
	if t.Key != nil {
		l.Key = t.Key.Name
	}
	if d := t.Batch.Linger; d > 0 {
		l.Linger = d.String()
	}
	for _, a := range t.Was {
		l.Was = append(l.Was, a.Wire)
	}
	if t.Result != nil {
		l.Result = t.Result.Type.Spell(packageName)
	}
	if t.Type.Struct == nil {
		l.Codec = "own"
		return l
	}
	if t.Type.Struct.Tuple {
		l.Codec = "tuple"
	}
	for f := range t.Type.Struct.Encoded() {
		l.Fields = append(l.Fields, listedField{f.Wire, f.Type.Spell(packageName), f.Secret})
	}
	return l
}

func packageName(r model.Ref) string { return r.Name }

// seen is a file's name from where the command runs.
func (c *command) seen(file string) string {
	dir, err := filepath.Abs(c.config.Dir)
	if err != nil {
		return file
	}
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	return diag.Relative(dir, file)
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func duration(d *time.Duration) string {
	if d == nil {
		return ""
	}
	return d.String()
}

// table writes a line for each task; "-" is what the queue or the runtime says.
func (c *command) table(tasks []listedTask) error {
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TASK\tQUEUE\tRETRIES\tTIMEOUT\tRESULT\tDECLARED")
	for _, t := range tasks {
		retries := "-"
		if t.Retries != nil {
			retries = strconv.Itoa(*t.Retries)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s:%d\n", t.Name, t.Queue, retries, cmp.Or(t.Timeout, "-"), cmp.Or(t.Result, "-"), t.File, t.Line)
	}
	return w.Flush()
}
