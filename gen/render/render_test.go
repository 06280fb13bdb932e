package render

import (
	"strings"
	"testing"
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/tqgen/taskqueue/gen/model"
)

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", time.Hour: "time.Hour", 90 * time.Minute: "90 * time.Minute", 1500 * time.Millisecond: "1500 * time.Millisecond",
		time.Second + 1: "1000000001 * time.Nanosecond", 48 * time.Hour: "48 * time.Hour",
	} {
		if got := jen.Add(duration(d)).GoString(); got != want {
			t.Errorf("%v: %s", d, got)
		}
	}
}

func TestGroupImports(t *testing.T) {
	for source, want := range map[string]string{
		"package a\n":                                 "package a\n",
		"a\nimport (\n\t\"b\"\n\t\"c\"\n)\nd":         "a\nimport (\n\t\"b\"\n\t\"c\"\n)\nd",
		"a\nimport (\n\tx \"b.c/d\"\n\t\"time\"\n)\n": "a\nimport (\n\t\"time\"\n\n\tx \"b.c/d\"\n)\n",
	} {
		if got := groupImports(source); got != want {
			t.Errorf("%q: %q", source, got)
		}
	}
}

// A task is 30 lines at most, however much is said of it, but for older shapes: each
// has a line of its own.
func TestLinesPerTask(t *testing.T) {
	queue, priority, retries, long := "bulk", "low", 3, time.Hour
	all := model.Settings{
		Queue: &queue, Priority: &priority, Retries: &retries, Timeout: &long, Retention: &long,
		Backoff: &model.Backoff{Base: 1, Max: 2, Factor: 3, Jitter: 0.5, Intervals: []time.Duration{1}},
		Limit:   model.Limit{Rate: model.Rate{N: 1, Period: 1, Burst: 2}, Concurrency: 3, KeyRate: model.Rate{N: 1, Period: 1}, KeyConcurrency: 1},
	}
	ref := model.Ref{Name: "shop", Path: "example.com/shop"}
	field := &model.Field{Name: "ID", Wire: "ID", Type: &model.Type{Kind: model.String}}
	lines := func(n int) int {
		p := &model.Package{Ref: ref}
		for i := range n {
			name := "Task" + strings.Repeat("X", i)
			p.Tasks = append(p.Tasks, &model.Task{
				Name: name, Wire: name, Version: 2, Was: []model.Alias{{Wire: "before"}}, Settings: all, Key: field,
				Unique: &model.Unique{Fields: []*model.Field{field}, Within: 1}, Cron: &model.Cron{Spec: "@daily"},
				Type:   &model.Type{Kind: model.StructKind, Struct: &model.Struct{Package: ref, Name: name, Fields: []*model.Field{field}}},
				Result: &model.Result{Type: &model.Type{Kind: model.String}},
			})
		}
		text, err := Source(p)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(text), "\n")
	}
	if one, two := lines(1), lines(2); two-one > 30 {
		t.Errorf("a task takes %d lines", two-one)
	} else {
		t.Logf("a task takes %d lines", two-one)
	}
}
