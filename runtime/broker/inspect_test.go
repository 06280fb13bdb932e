package broker_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Whatever a queue counts is added up; a field that is new has to be, too.
func TestQueueInfoAdd(t *testing.T) {
	counts := func(each int64) (q broker.QueueInfo) {
		for _, v := range reflect.ValueOf(&q).Elem().Fields() {
			if v.Kind() == reflect.Int64 {
				v.SetInt(each)
			}
		}
		return q
	}
	got, other, want := counts(2), counts(3), counts(5)
	got.Queue, other.Queue, want.Queue = "a", "b", "a"
	other.Settings.Paused, want.Sessions = true, 3
	got.Add(&other)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
