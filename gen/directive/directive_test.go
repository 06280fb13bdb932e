package directive_test

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/directive"
	"github.com/tqgen/taskqueue/gen/model"
)

// read reads the directives of a file; everything is reported.
func read(t testing.TB, src string) (directive.File, []diag.Diagnostic) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "a.go", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Skip(err)
	}
	var errs diag.List
	f := directive.Read(directive.Source{Fset: fset, AST: file}, &errs)
	return f, errs.Sorted("", func(string) bool { return true })
}

func TestValues(t *testing.T) {
	f, errs := read(t, `package a

// A does something.
//
//taskqueue:task  name="a b\u002dc"	queue=`+"`high`"+` retries=2 timeout=1m30s unique=A,B within=10m result=*pkg.R
//taskqueue:retry intervals=1s,0,5m jitter=.5
//go:noinline
type A struct{}
`)
	want := []string{`a.go:5:24: error: the task name "a b-c" has ' ' [TQ117]` + "\n    fix: use only A-Z a-z 0-9 _ . : -"}
	var got []string
	for _, e := range errs {
		got = append(got, e.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	task := f.Tasks[0]
	retries, timeout, queue := 2, 90*time.Second, "high"
	settings := model.Settings{
		Queue: &queue, Retries: &retries, Timeout: &timeout,
		Backoff: &model.Backoff{Jitter: .5, Intervals: []time.Duration{time.Second, 0, 5 * time.Minute}},
	}
	if diff := cmp.Diff(settings, task.Settings); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if task.Doc != "A does something.\n" || task.Result.Text != "*pkg.R" || task.Within.Length != 10*time.Minute || len(task.Unique) != 2 {
		t.Errorf("%+v", task)
	}
	if at := task.Unique[1].Position; at.Line != 5 || at.Column != strings.Index("//taskqueue:task  name=\"a b\\u002dc\"	queue=`high` retries=2 timeout=1m30s unique=A,B", "B")+1 {
		t.Errorf("B is at %v", at)
	}
}

func TestOver(t *testing.T) {
	f, errs := read(t, `//taskqueue:defaults queue=d retries=7 codec=tuple retention=1h priority=low timeout=1s
package a

//taskqueue:task queue=own codec=map
//taskqueue:retry none
type A struct{}

//taskqueue:task
type B struct{}
`)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	a, b := f.Tasks[0].Over(f.Defaults), f.Tasks[1].Over(f.Defaults)
	if *a.Settings.Queue != "own" || *a.Settings.Retries != 0 || *a.Tuple || *a.Settings.Priority != "low" {
		t.Errorf("A: %+v", a)
	}
	if *b.Settings.Queue != "d" || *b.Settings.Retries != 7 || !*b.Tuple || *b.Settings.Retention != time.Hour || *b.Settings.Timeout != time.Second {
		t.Errorf("B: %+v", b)
	}
	if c := f.Tasks[1].Over(nil); c.Settings.Queue != nil {
		t.Errorf("without defaults: %+v", c)
	}
}

// Whatever a comment says, reading it ends, without a panic; what the quick look
// at a file passes over holds nothing; and there is a place and a fix for all
// that is wrong.
func FuzzRead(f *testing.F) {
	for _, comment := range []string{
		"//taskqueue:task queue=x", "// taskqueue:task", "//taskqueue:task a=\"b", "//taskqueue:retry fixed delay=5s",
		"//taskqueue:tsk", "//\t\ttaskqueue :TASK", "/* taskqueue:task */", "//taskqueue:task unique=,,=", "//taskqueue:defaults", "//task-queue:task",
		"//taskqueue:task retries=1e300 timeout=9999999h", "//taskqueue:retry intervals=", "//nothing", "//taskqueue:task =`x`",
	} {
		f.Add(comment)
	}
	f.Fuzz(func(t *testing.T, comment string) {
		src := "package a\n\n" + comment + "\ntype A struct{ N int }\n"
		file, errs := read(t, src)
		if found := len(file.Tasks) > 0 || len(errs) > 0; found && !directive.Suspicious([]byte(src)) {
			t.Errorf("%q is passed over, but holds %d tasks and %v", comment, len(file.Tasks), errs)
		}
		for _, e := range errs {
			if e.Fix == "" || e.Code == "" || e.Position.Line < 1 || e.Position.Column < 1 {
				t.Errorf("%q: %+v", comment, e)
			}
		}
	})
}

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"email.SendWelcome": true, "a:b_c-D9": true, strings.Repeat("x", 128): true,
		"": false, "a b": false, "ä": false, strings.Repeat("x", 129): false,
	} {
		if got := directive.ValidName(name); got != want {
			t.Errorf("ValidName(%q) is %v", name, got)
		}
	}
}
