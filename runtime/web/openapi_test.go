package web

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

//go:generate go test -count=1 -run=^(TestDocument|TestMonitoring)$ -update .

var update = flag.Bool("update", false, "rewrite openapi.json")

// An object is one of JSON.
type object = map[string]any

// A documenter writes the OpenAPI document from the table of endpoints, the types
// that they answer with, and the comments beside the fields.
type documenter struct {
	comments map[string]string // "type.Field" → comment
	schemas  object
}

func newDocumenter(t *testing.T) *documenter {
	t.Helper()
	d := &documenter{map[string]string{}, object{}}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, d.comment)
	}
	return d
}

// comment collects the comments of a struct's fields.
func (d *documenter) comment(n ast.Node) bool {
	spec, ok := n.(*ast.TypeSpec)
	if !ok {
		return true
	}
	s, ok := spec.Type.(*ast.StructType)
	if !ok {
		return true
	}
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			if text := strings.TrimSpace(f.Comment.Text()); text != "" {
				d.comments[spec.Name.Name+"."+name.Name] = strings.ToUpper(text[:1]) + text[1:] + "."
			}
		}
	}
	return true
}

func (d *documenter) document(endpoints []endpoint) object {
	paths := object{}
	for _, e := range endpoints {
		item, _ := paths[e.path].(object)
		if item == nil {
			item = object{}
			paths[e.path] = item
		}
		item[strings.ToLower(e.method)] = d.operation(&e)
	}
	paths["/metrics/prometheus"] = object{"get": object{
		"summary": "Everything that is counted, in the text format of Prometheus.", "operationId": "get_metrics_prometheus",
		"responses": object{"200": object{"description": "OK", "content": object{"text/plain": object{"schema": object{"type": "string"}}}}, "default": problemResponse()},
	}}
	paths["/events"] = object{"get": object{
		"summary": "A stream of server-sent events: overview, as at /overview, every two seconds, or trouble, a problem.", "operationId": "get_events",
		"responses": object{"200": object{"description": "OK", "content": object{"text/event-stream": object{"schema": object{"type": "string"}}}}, "default": problemResponse()},
	}}
	d.schema(reflect.TypeFor[problem]())
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "taskqueue", "version": "1", "license": object{"name": "MIT OR Apache-2.0"},
			"description": "Health, metrics and operation of a task queue. Counts of queues are those of the store, and times those that the workers of all processes told, within the last seconds; slots and memory are those of the process that answers. What is not known is null. A change needs the header Content-Type: application/json.",
		},
		"servers":    []any{object{"url": "/tasks"}},
		"paths":      paths,
		"components": object{"schemas": d.schemas},
	}
}

func problemResponse() object {
	return object{"description": "What was wrong.", "content": object{"application/problem+json": object{"schema": reference("problem")}}}
}

func (d *documenter) operation(e *endpoint) object {
	reply := object{"description": "OK", "content": object{"application/json": object{"schema": d.schema(reflect.TypeOf(e.reply))}}}
	responses := object{"200": reply, "default": problemResponse()}
	if e.unwell {
		responses["503"] = object{"description": "Unhealthy", "content": reply["content"]}
	}
	op := object{
		"summary": e.does, "responses": responses,
		"operationId": strings.ToLower(e.method) + strings.NewReplacer("/", "_", "{", "", "}", "").Replace(e.path),
	}
	if p := parameters(e); len(p) > 0 {
		op["parameters"] = p
	}
	if e.body != nil {
		op["requestBody"] = object{"content": object{"application/json": object{"schema": d.schema(reflect.TypeOf(e.body))}}}
	}
	return op
}

func parameters(e *endpoint) (all []any) {
	for _, name := range []string{"queue", "id", "fleet", "cron"} {
		if strings.Contains(e.path, "{"+name+"}") {
			all = append(all, object{"name": name, "in": "path", "required": true, "schema": object{"type": "string"}})
		}
	}
	types := map[string]object{
		"state":  {"type": "string", "enum": []any{"pending", "scheduled", "parked", "dead"}},
		"cursor": {"type": "string"},
		"fleet":  {"type": "string"},
		"filter": {"type": "string"},
		"kind":   {"type": "string"},
		"error":  {"type": "string"},
		"since":  {"type": "string"},
		"until":  {"type": "string"},
		"limit":  {"type": "integer", "minimum": 1, "maximum": maxPage, "default": defaultPage},
	}
	for _, name := range e.query {
		all = append(all, object{"name": name, "in": "query", "required": name == "state", "schema": types[name]})
	}
	return all
}

func reference(name string) object { return object{"$ref": "#/components/schemas/" + name} }

// schema describes a type as encoding/json writes it.
func (d *documenter) schema(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[json.RawMessage]():
		return object{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return nullable(d.schema(t.Elem()))
	case reflect.Slice:
		return object{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": d.schema(t.Elem())}
	case reflect.Struct:
		return d.structure(t)
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Float64:
		return object{"type": "number"}
	}
	return object{"type": "integer"}
}

func nullable(s object) object {
	if kind, ok := s["type"].(string); ok {
		s["type"] = []any{kind, "null"}
		return s
	}
	return object{"anyOf": []any{s, object{"type": "null"}}}
}

func (d *documenter) structure(t reflect.Type) object {
	if d.schemas[t.Name()] == nil {
		s := object{"type": "object", "additionalProperties": false}
		d.schemas[t.Name()] = s
		properties, required := object{}, []any{}
		for _, f := range reflect.VisibleFields(t) {
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || f.Anonymous {
				continue
			}
			property := d.schema(f.Type)
			if text := d.comments[owner(t, f)+"."+f.Name]; text != "" {
				property = described(property, text)
			}
			properties[name] = property
			if options != "omitempty" {
				required = append(required, name)
			}
		}
		s["properties"], s["required"] = properties, required
	}
	return reference(t.Name())
}

func described(s object, text string) object {
	s["description"] = text
	return s
}

// owner is the struct that declares a field.
func owner(t reflect.Type, f reflect.StructField) string {
	for _, i := range f.Index[:len(f.Index)-1] {
		t = t.Field(i).Type
	}
	return t.Name()
}

// TestDocument: the document is what the code says.
func TestDocument(t *testing.T) {
	want, err := json.MarshalIndent(newDocumenter(t).document((&handler{}).endpoints()), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("openapi.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("openapi.json is old: run go generate ./runtime/web (-written +served)\n%s", cmp.Diff(string(want), string(got)))
	}
}

// TestContract: every answer is what the served document says.
func TestContract(t *testing.T) {
	f, _ := busy(t, Config{ShowRaw: true})
	f.scaled("default")
	f.addCron("nightly")
	dead := f.do("GET", "/tasks/queues/default/dead/groups", "").at("groups.0.latest.id").(string)
	doc := f.get("/tasks/openapi.json").body
	c := &contract{f, doc}
	for path, item := range doc["paths"].(object) {
		for method, op := range item.(object) {
			if path == "/metrics/prometheus" || path == "/events" {
				continue
			}
			method = strings.ToUpper(method)
			id := dead
			if method != "GET" {
				id = f.add("later", taskqueue.In(time.Hour)).String()
			}
			a := f.do(method, "/tasks"+fill(path, "default", id)+map[bool]string{true: "?state=dead"}[strings.HasSuffix(path, "/tasks")], example(path))
			if a.code != http.StatusOK {
				t.Errorf("%s %s: %d", method, path, a.code)
			}
			c.hold(method+" "+path, op.(object), a)
		}
	}
	c.hold("GET /task/{id} of nothing", doc["paths"].(object)["/task/{id}"].(object)["get"].(object), f.get("/tasks/task/x"))
	f.store.fail = func() error { return errMediaType }
	for _, path := range []string{"/health", "/status"} {
		c.hold("unwell "+path, doc["paths"].(object)[path].(object)["get"].(object), f.get("/tasks"+path))
	}
}

// example is a body for the path; each test needs its own answer, good or bad.
func example(path string) string {
	switch {
	case strings.HasSuffix(path, "/purge"):
		return `{"state": "pending", "dry_run": true}`
	case strings.HasSuffix(path, "/limit"):
		return `{"max_tasks": 100}`
	case strings.HasSuffix(path, "/reschedule"):
		return `{"after_seconds": 60}`
	case strings.Contains(path, "/tasks/"):
		return `{"state": "pending", "kind": "none"}`
	case strings.HasSuffix(path, "/dead/requeue"):
		return `{"dry_run": true}`
	}
	return ""
}

// A contract holds answers against a document.
type contract struct {
	t   *fixture
	doc object
}

func (c *contract) hold(name string, op object, a answer) {
	c.t.Helper()
	responses := op["responses"].(object)
	kind := "application/json"
	response, ok := responses[strconv.Itoa(a.code)]
	if !ok {
		response, kind = responses["default"], "application/problem+json"
	}
	if got := a.header.Get("Content-Type"); got != kind {
		c.t.Errorf("%s: %d is %s, want %s", name, a.code, got, kind)
		return
	}
	schema := response.(object)["content"].(object)[kind].(object)["schema"].(object)
	for _, problem := range c.check("", schema, a.body) {
		c.t.Errorf("%s: %s in\n%s", name, problem, a.text)
	}
}

// check is a validator of the part of JSON Schema that the document uses.
func (c *contract) check(at string, schema object, v any) (problems []string) {
	if ref, ok := schema["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/components/schemas/")
		return c.check(at, c.doc["components"].(object)["schemas"].(object)[name].(object), v)
	}
	if choices, ok := schema["anyOf"].([]any); ok {
		for _, s := range choices {
			if problems = c.check(at, s.(object), v); len(problems) == 0 {
				return nil
			}
		}
		return problems
	}
	if schema["type"] == nil {
		return nil // anything
	}
	if !typed(schema["type"], v) {
		return []string{at + " is not of type " + typeNames(schema["type"])}
	}
	switch v := v.(type) {
	case string:
		if _, err := time.Parse(time.RFC3339Nano, v); schema["format"] == "date-time" && err != nil {
			problems = append(problems, at+" is no time")
		}
	case []any:
		for _, item := range v {
			problems = append(problems, c.check(at+"[]", schema["items"].(object), item)...)
		}
	case object:
		problems = c.checkObject(at, schema, v)
	}
	return problems
}

func (c *contract) checkObject(at string, schema, v object) (problems []string) {
	properties, _ := schema["properties"].(object)
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			problems = append(problems, at+"."+name.(string)+" is missing")
		}
	}
	for name, value := range v {
		property, ok := properties[name].(object)
		if !ok {
			property, ok = schema["additionalProperties"].(object)
		}
		if !ok {
			problems = append(problems, at+"."+name+" is not in the document")
			continue
		}
		problems = append(problems, c.check(at+"."+name, property, value)...)
	}
	return problems
}

func typeNames(want any) string {
	if s, ok := want.(string); ok {
		return s
	}
	var names []string
	for _, n := range want.([]any) {
		names = append(names, n.(string))
	}
	return strings.Join(names, " ")
}

// typed reports whether v has one of the wanted types.
func typed(want, v any) bool {
	got := map[reflect.Kind]string{reflect.Bool: "boolean", reflect.String: "string", reflect.Float64: "number", reflect.Slice: "array", reflect.Map: "object"}[reflect.ValueOf(v).Kind()]
	if v == nil {
		got = "null"
	}
	names := strings.Fields(typeNames(want))
	if n, ok := v.(float64); ok && n == float64(int64(n)) && slices.Contains(names, "integer") {
		return true
	}
	return slices.Contains(names, got)
}

// The validator is only worth something if it sees.
func TestContractSees(t *testing.T) {
	c := &contract{doc: object{"components": object{"schemas": object{"s": object{
		"type": "object", "additionalProperties": false, "required": []any{"n"},
		"properties": object{"n": object{"type": "integer"}, "t": object{"type": []any{"string", "null"}, "format": "date-time"}, "l": object{"type": "array", "items": object{"type": "boolean"}}},
	}}}}}
	for body, want := range map[string]int{
		`{"n": 1}`:              0,
		`{"n": 1, "t": null}`:   0,
		`{"n": 1.5}`:            1,
		`{}`:                    1,
		`{"n": 1, "x": 1}`:      1,
		`{"n": 1, "t": "soon"}`: 1,
		`{"n": 1, "t": 1}`:      1,
		`{"n": 1, "l": [1, 2]}`: 2,
		`[]`:                    1,
	} {
		var v any
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			t.Fatal(err)
		}
		if got := c.check("", reference("s"), v); len(got) != want {
			t.Errorf("%s: %q, want %d problems", body, got, want)
		}
	}
}
