package workload

import (
	"reflect"
	"testing"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

func TestWorkloads(t *testing.T) {
	if n := len(All()); n != 26 {
		t.Errorf("%d workloads in the comparison", n)
	}
	seen := map[string]bool{}
	for _, w := range append(All(), Unseen()...) {
		if seen[w.Name] {
			t.Errorf("two workloads are called %s", w.Name)
		}
		seen[w.Name] = true
		tr := w.Make(1)
		if tr.Name != w.Name || tr.Seed != 1 || len(tr.Tasks) < 100 || tr.ServiceMean <= 0 {
			t.Errorf("%s: name %s, seed %d, %d tasks, mean service %v", w.Name, tr.Name, tr.Seed, len(tr.Tasks), tr.ServiceMean)
		}
		for i := range tr.Tasks {
			task := &tr.Tasks[i]
			if i > 0 && task.At < tr.Tasks[i-1].At || task.Service <= 0 || int(task.Queue) >= sim.Queues || int(task.Type) >= sim.Types {
				t.Fatalf("%s: task %d: %+v", w.Name, i, *task)
			}
		}
	}
}

func TestSeedsMakeTraces(t *testing.T) {
	w, err := Named("mmpp_pod")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := w.Make(1), w.Make(1); !reflect.DeepEqual(a, b) {
		t.Error("one seed, two traces")
	}
	if a, b := w.Make(1), w.Make(2); reflect.DeepEqual(a.Tasks, b.Tasks) {
		t.Error("two seeds, one trace")
	}
	if _, err := Named("nothing"); err == nil {
		t.Error("there is no such trace")
	}
}
