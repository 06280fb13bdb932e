package codegen_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/codegen"

	"github.com/tqgen/taskqueue/internal/codecsample"
)

// A clerk takes batches of small tasks and fails those whose ID is "bad".
type clerk struct {
	calls []string
	err   error // of the whole batch
}

func (c *clerk) file(_ context.Context, tasks []*codecsample.Small) error {
	var ids []string
	failed := taskqueue.BatchErrors{}
	for i, task := range tasks {
		if ids = append(ids, task.ID); task.ID == "bad" {
			failed[i] = errors.New("is bad")
		}
	}
	c.calls = append(c.calls, strings.Join(ids, " "))
	switch {
	case c.err != nil:
		return c.err
	case len(failed) > 0:
		return failed
	}
	return nil
}

// A task of a batch that cannot be decoded fails alone, and for good; the handler
// says of all others, or of each, how they ended.
func TestBatch(t *testing.T) {
	encoded := func(id string) taskqueue.Encoded {
		return taskqueue.Encoded{Version: 2, Payload: marshal(t, &codecsample.Small{ID: id})}
	}
	broken := taskqueue.Encoded{Version: 2, Payload: []byte("\x92\xa1")}
	older := taskqueue.Encoded{Version: 1, Payload: marshal(t, &codecsample.Bench{Data: "old"})}
	for name, test := range map[string]struct {
		tasks []taskqueue.Encoded
		err   error
		calls []string
		want  []string // what each error says; "": none
	}{
		"all done":         {tasks: []taskqueue.Encoded{encoded("a"), encoded("b")}, calls: []string{"a b"}},
		"an older shape":   {tasks: []taskqueue.Encoded{older, encoded("b")}, calls: []string{"from old b"}},
		"one is bad":       {tasks: []taskqueue.Encoded{encoded("a"), encoded("bad")}, calls: []string{"a bad"}, want: []string{"", "is bad"}},
		"one is broken":    {tasks: []taskqueue.Encoded{encoded("a"), broken, encoded("bad"), encoded("c")}, calls: []string{"a bad c"}, want: []string{"", "payload refused", "is bad", ""}},
		"all are broken":   {tasks: []taskqueue.Encoded{broken, broken}, want: []string{"payload refused", "payload refused"}},
		"the batch failed": {tasks: []taskqueue.Encoded{encoded("a"), broken, encoded("c")}, err: errors.New("no paper"), calls: []string{"a c"}, want: []string{"no paper", "payload refused", "no paper"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := clerk{err: test.err}
			kind := codegen.Kind[codecsample.Small]{Name: "small", Version: 2}
			task := codegen.Batch(&kind, c.file, 10, 0, codegen.From(1, func(b codecsample.Bench) codecsample.Small {
				return codecsample.Small{ID: "from " + b.Data}
			}))
			errs := task.Batch.Run(t.Context(), test.tasks)
			if diff := cmp.Diff(test.calls, c.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if len(errs) != len(test.want) {
				t.Fatalf("%d errors: %v", len(errs), errs)
			}
			for i, want := range test.want {
				if (want == "") != (errs[i] == nil) || want != "" && !strings.Contains(errs[i].Error(), want) {
					t.Errorf("task %d: %v; want %q", i, errs[i], want)
				}
			}
		})
	}
}

func marshal(t *testing.T, v msgp.Marshaler) []byte {
	t.Helper()
	b, err := v.MarshalMsg(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Without others a task is a batch of one.
func TestBatchOfOne(t *testing.T) {
	c := clerk{}
	kind := codegen.Kind[codecsample.Small]{Name: "small"}
	task := codegen.Batch(&kind, c.file, 10, 0)
	if err := run(t, task, "\x92\xa1a\xa0"); err != nil {
		t.Error(err)
	}
	if err := run(t, task, "\x92\xa3bad\xa0"); err == nil || err.Error() != "is bad" {
		t.Error(err)
	}
	if err := run(t, task, "\x92\xa3"); !errors.Is(err, taskqueue.ErrPayload) {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"a", "bad"}, c.calls); diff != "" {
		t.Error(diff)
	}
}

// A batch of tasks that encode themselves shows their decoders only what has been
// walked over.
func TestForeignBatch(t *testing.T) {
	var got []int
	kind := codegen.Kind[trusting]{Name: "trusting"}
	task := codegen.Foreign(codegen.Batch(&kind, func(_ context.Context, tasks []*trusting) error {
		for _, task := range tasks {
			got = append(got, len(task.List))
		}
		return nil
	}, 10, 0))
	errs := task.Batch.Run(t.Context(), []taskqueue.Encoded{
		{Payload: []byte("\x92\x01\x02")}, {Payload: []byte("\xdd\xff\xff\xff\xff")}, {Payload: []byte("\x90\x90")}, {Payload: []byte("\x91\x01")},
	})
	if diff := cmp.Diff([]int{2, 1}, got); diff != "" {
		t.Error(diff)
	}
	for i, bad := range []bool{false, true, true, false} {
		if errors.Is(errs[i], taskqueue.ErrPayload) != bad {
			t.Errorf("task %d: %v", i, errs[i])
		}
	}
}
