package codegen_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/codegen"

	"github.com/tqgen/taskqueue/internal/codecsample"
)

// A task reads payloads of all its versions, and of no other, without running.
func TestDecode(t *testing.T) {
	kind := codegen.Kind[codecsample.Small]{Name: "small", Version: 2}
	run := func(context.Context, *codecsample.Small) error { t.Error("it ran"); return nil }
	task := codegen.Task(&kind, run, codegen.From(1, func(b codecsample.Bench) codecsample.Small {
		return codecsample.Small{ID: "from " + b.Data}
	}))
	now, old := marshal(t, &codecsample.Small{ID: "a"}), marshal(t, &codecsample.Bench{Data: "b"})
	for _, test := range []struct {
		version uint16
		payload []byte
		want    taskqueue.Payload
	}{
		{2, now, &codecsample.Small{ID: "a"}},
		{1, old, &codecsample.Small{ID: "from b"}},
		{3, now, nil},
		{0, now, nil},
		{2, now[:3], nil},
		{1, old[:1], nil},
	} {
		got, err := task.Decode(test.version, test.payload)
		if diff := cmp.Diff(test.want, got); diff != "" || (err == nil) != (test.want != nil) || err != nil && !errors.Is(err, taskqueue.ErrPayload) {
			t.Errorf("version %d, %x: %v (-want +got):\n%s", test.version, test.payload, err, diff)
		}
	}
	foreign := codegen.Foreign(codegen.Task(&codegen.Kind[trusting]{}, func(context.Context, *trusting) error { return nil }))
	if got, err := foreign.Decode(1, []byte("\xdd\xff\xff\xff\xff")); got != nil || !errors.Is(err, taskqueue.ErrPayload) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := foreign.Decode(1, []byte("\x91\x07")); err != nil || got.(*trusting).List[0] != 7 {
		t.Errorf("%v, %v", got, err)
	}
}
