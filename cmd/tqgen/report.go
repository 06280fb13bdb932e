package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/tqgen/taskqueue/gen"
	"github.com/tqgen/taskqueue/gen/diag"
)

// remedy is the command that brings generated code up to date.
const remedy = "go tool tqgen ./..."

func writeText(w io.Writer, check bool, r gen.Result, command string) {
	for _, d := range r.Diagnostics {
		fmt.Fprintln(w, d)
	}
	if !check || len(r.Diagnostics) > 0 {
		return
	}
	for _, c := range r.Changes {
		fmt.Fprintf(w, "%s: %s\n%s", c.Path, c.State, c.Diff())
	}
	if len(r.Changes) > 0 {
		fmt.Fprintf(w, "run: %s\n", command)
	}
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
	return encode(w, out)
}

func encode(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "\t")
	return encoder.Encode(v)
}
