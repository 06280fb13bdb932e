package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	referenceFile = "../../docs/configuration.md"
	schemaFile    = "../../docs/task-queue.schema.json"
)

func TestReferenceIsUpToDate(t *testing.T) { generated(t, referenceFile, reference()) }

func TestSchemaIsUpToDate(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(text) {
		t.Error("the schema is no JSON")
	}
	generated(t, schemaFile, append(text, '\n'))
}

// generated holds a file against what the table of keys makes of it.
func generated(t *testing.T, path string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), string(want)); diff != "" {
		t.Errorf("%s is stale; run: go generate ./runtime/config (-file +table)\n%s", path, diff)
	}
}

const referenceHead = `# Configuration

<!-- Made from the table of keys by ` + "`go generate ./runtime/config`" + `. -->

A program that calls ` + "`config.Load`" + `, as ` + "`cli.Main`" + ` does, takes each setting from the
first of these that says something:

1. a flag of its command line
2. the environment
3. a file: the one that ` + "`--config`" + ` or ` + "`TASK_QUEUE_CONFIG`" + ` names, else the first of
   ` + "`task-queue.toml`, `task-queue.yaml`, `task-queue.yml`" + ` and the same in ` + "`config/`" + `
4. the program's own code
5. the default

` + "`worker config`" + ` (of your own program) prints each value and where it came from. A
program that does not call ` + "`config.Load`" + ` is never touched by any of this.

What is wrong is an error, and all of it is reported at once with its place: keys that do
not exist, values of a wrong type or outside their range, values that contradict each
other. Every key can be set by a variable, so that no file is needed.

A duration is a number of its unit or a text with units: ` + "`30`, `\"30s\"`, `\"1m30s\"`" + `. In a
variable, a list is separated by commas; ` + "`true`, `yes`, `on` and `1`" + ` mean the same. An
empty variable says nothing. Parameters of ` + "`redis.url`" + ` (` + "`?pool_size=5`" + `) may not say what
a key says, too.

Editors check a file that begins with

` + "```toml" + `
#:schema https://raw.githubusercontent.com/tqgen/taskqueue/main/docs/task-queue.schema.json
` + "```" + `
`

const queuesHead = `
## [queues.NAME]

Settings of a queue, for tasks that do not have their own; in a file as

` + "```toml" + `
[queues.emails]
weight = 6
retries = 5
timeout = "2m"
` + "```" + `

and in a variable for all queues: ` + "`TASK_QUEUE_QUEUE_RETRIES=emails=5,reports=0`" + `. A queue
that is named here is served by workers unless ` + "`workers.queues`" + ` says otherwise.

| key | variable | value | default (high_priority, low_priority) | |
|---|---|---|---|---|
`

func reference() []byte {
	var b bytes.Buffer
	b.WriteString(referenceHead)
	defaults, table := Default(), ""
	for i := range keys {
		k := &keys[i]
		if t, _ := split(k.path); t != table {
			table = t
			fmt.Fprintf(&b, "\n## [%s]\n", table)
			for old, name := range map[string]string{"actix": "web", "web": ""} {
				if name == table {
					fmt.Fprintf(&b, "\nOlder names of the table: `[%s]`, `[axum]`.\n", old)
				}
			}
			b.WriteString("\n| key | variable, flag | value | default | |\n|---|---|---|---|---|\n")
		}
		_, last := split(k.path)
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", last, ways(k.env, k.flag),
			valueText(k.value.shape()), code(k.value.show(defaults)), k.doc)
	}
	b.WriteString(queuesHead)
	for i := range queueKeys {
		k := &queueKeys[i]
		var initial []string
		for _, name := range []string{"default", "high_priority", "low_priority"} {
			q, _ := DefaultQueue(name)
			initial = append(initial, k.value.show(&q))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s (%s, %s) | %s |\n", k.path, ways(k.env, k.flag),
			valueText(k.value.shape()), code(initial[0]), code(initial[1]), code(initial[2]), k.doc)
	}
	return b.Bytes()
}

// ways are the documented variable, the flag, and the variable's other names.
func ways(env []string, flag string) string {
	s := code(env[0])
	if flag != "" {
		s += ", " + code("--"+flag)
	}
	if len(env) > 1 {
		s += " (also " + code(env[1:]...) + ")"
	}
	return s
}

func code(texts ...string) string {
	var quoted []string
	for _, s := range texts {
		if s != "" {
			quoted = append(quoted, "`"+s+"`")
		}
	}
	return strings.Join(quoted, ", ")
}

func valueText(s shape) string {
	text := strings.ReplaceAll(s.limits, "|", `\|`)
	if s.unit != "" {
		text += "; in " + s.unit
	}
	return text
}
