package sim_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/workload"
)

// fixed always wants the same size.
type fixed int

func (fixed) Name() string                  { return "fixed" }
func (fixed) Interval() float64             { return 1 }
func (f fixed) Decide(*sim.Observation) int { return int(f) }

// even is a trace of tasks of a second, one every gap.
func even(n int, gap float64) *sim.Trace {
	tr := sim.NewTrace()
	tr.Name, tr.Duration, tr.ServiceMean = "even", float64(n)*gap+100, 1
	for i := range n {
		tr.Tasks = append(tr.Tasks, sim.Task{At: float64(i) * gap, Service: 1, Queue: sim.Default})
	}
	return tr
}

// What can be computed by hand.
func TestRunByHand(t *testing.T) {
	tests := []struct {
		name    string
		trace   func() *sim.Trace
		size    int
		seconds float64 // of workers
		late    int64
		maxWait float64
	}{
		{"enough workers", func() *sim.Trace { return even(100, 1) }, 2, 2*200 - 1, 0, 0},
		{"one worker, just enough", func() *sim.Trace { return even(100, 1) }, 1, 200, 0, 0},
		{"twice what one worker does: the wait grows by half a second a task", func() *sim.Trace { return even(100, 0.5) }, 1, 150, 79, 49.5},
		{"ten slots", func() *sim.Trace { tr := even(100, 0.125); tr.Slots = 10; return tr }, 1, 112.5, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := sim.Run(test.trace(), fixed(test.size), sim.Options{})
			if r.Tasks != 100 || r.WorkerSeconds != test.seconds || r.LateStarts != test.late || r.MaxWait != test.maxWait {
				t.Errorf("%d tasks, %v worker-seconds, %d late, longest wait %v; want 100, %v, %d, %v",
					r.Tasks, r.WorkerSeconds, r.LateStarts, r.MaxWait, test.seconds, test.late, test.maxWait)
			}
		})
	}
}

func TestPriorityGoesFirst(t *testing.T) {
	tr := even(40, 0)
	for i := range tr.Tasks {
		tr.Tasks[i].Queue = sim.Low
	}
	tr.Tasks = append(tr.Tasks, sim.Task{At: 0.5, Service: 1, Queue: sim.High})
	r := sim.Run(tr, fixed(1), sim.Options{})
	// The urgent one waits half a second, less than 10/3; of the others those
	// over 10/0.3 s are late: they start at 35, 36, … 40.
	if r.LateStarts != 7 || r.MaxWait != 40 {
		t.Errorf("%d late, longest wait %v", r.LateStarts, r.MaxWait)
	}
}

func TestStartupTakesItsTime(t *testing.T) {
	tr := even(1, 1)
	tr.Init, tr.StartLo, tr.StartHi = 0, 20, 20
	r := sim.Run(tr, fixed(1), sim.Options{})
	if r.MaxWait != 21 || r.LateStarts != 1 { // asked for at 1 s
		t.Errorf("waited %v s", r.MaxWait)
	}
}

func TestOverTheMemoryLimitAllIsLost(t *testing.T) {
	tr := even(10, 0)
	tr.MemLimit, tr.MemBase = 1000, 100
	for i := range tr.Tasks {
		tr.Tasks[i].MemoryMB = 200
	}
	if r := sim.Run(tr, fixed(4), sim.Options{}); r.Kills != 0 {
		t.Errorf("four tasks fit: %d kills", r.Kills)
	}
	if r := sim.Run(tr, fixed(5), sim.Options{}); r.Kills == 0 {
		t.Error("five tasks do not fit, and no kill")
	}
}

func TestFailuresAreTriedAgain(t *testing.T) {
	tr := even(50, 1)
	tr.Duration = 1000
	tr.Outages = []sim.Outage{{From: 0, To: 1000, Capacity: 100, Fails: 1}}
	r := sim.Run(tr, fixed(20), sim.Options{})
	if r.FailedAttempts != 50*6 {
		t.Errorf("%d failed attempts of 50 tasks with 5 retries each", r.FailedAttempts)
	}
}

func TestRunsAreDeterministic(t *testing.T) {
	w, err := workload.Named("trickle_pod")
	if err != nil {
		t.Fatal(err)
	}
	run := func() sim.Result {
		tr := w.Make(2)
		p, err := sim.NewProduct("ours", sim.ConfigFor(tr), nil)
		if err != nil {
			t.Fatal(err)
		}
		return sim.Run(tr, p, sim.Options{Course: true})
	}
	if diff := cmp.Diff(run(), run(), cmpopts.IgnoreUnexported(sim.Result{})); diff != "" {
		t.Errorf("two runs differ:\n%s", diff)
	}
}

func TestTraceFiles(t *testing.T) {
	w, err := workload.Named("memory_go")
	if err != nil {
		t.Fatal(err)
	}
	tr := w.Make(1)
	var plain, zipped bytes.Buffer
	if err := sim.WriteTrace(&plain, tr); err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(&zipped)
	z.Write(plain.Bytes())
	z.Close()
	for name, in := range map[string]*bytes.Buffer{"plain": bytes.NewBuffer(plain.Bytes()), "gzip": &zipped} {
		got, err := sim.ReadTrace(in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rounded := cmp.Options{cmpopts.EquateApprox(0, 0.51), cmpopts.EquateEmpty()}
		if diff := cmp.Diff(tr, got, rounded); diff != "" {
			t.Errorf("%s (-written +read):\n%s", name, diff)
		}
		a, b := sim.Run(tr, fixed(20), sim.Options{}), sim.Run(got, fixed(20), sim.Options{})
		if math.Abs(a.LatePercent()-b.LatePercent()) > 0.2 {
			t.Errorf("%s: %v %% late, as written %v %%", name, b.LatePercent(), a.LatePercent())
		}
	}
}

func TestBadTraceFiles(t *testing.T) {
	const head = "# {\"Dur\":10}\nat_s,service_s,mem_mb,queue,type,scheduled\n"
	tests := []struct{ name, file, want string }{
		{"empty", "", "line 1"},
		{"no parameters", "at_s,service_s\n", "line 1"},
		{"bad JSON", "# {\n", "line 1"},
		{"other columns", "# {}\na,b,c,d,e,f\n", "line 2: the columns are at_s"},
		{"no tasks", head, "no tasks"},
		{"too few fields", head + "1,2\n", "line 3"},
		{"a negative time", head + "1,1,0,default,0,0\n-1,1,0,default,0,0\n", `line 4: at_s is "-1"`},
		{"not a number", head + "1,NaN,0,default,0,0\n", "service_s"},
		{"a fourth type", head + "1,1,0,default,3,0\n", "type is"},
		{"bounds", strings.Replace(head, "{", `{"Min":9,"Max":3,`, 1) + "1,1,0,default,0,0\n", "Min 9 and Max 3"},
		{"slots", strings.Replace(head, "{", `{"Slots":-1,`, 1) + "1,1,0,default,0,0\n", "Slots is -1"},
		{"outage", strings.Replace(head, "{", `{"Down":[{"Cap":0}],`, 1) + "1,1,0,default,0,0\n", "Cap 0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := sim.ReadTrace(strings.NewReader(test.file)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// Whatever a file says, it is refused or it runs.
func FuzzReadTrace(f *testing.F) {
	f.Add("# {\"Dur\":10}\nat_s,service_s,mem_mb,queue,type,scheduled\n1,2,0,default,0,0\n0.5,2,10,high_priority,2,1\n")
	f.Add("# {\"MemLimit\":100,\"Down\":[{\"From\":0,\"To\":9,\"Cap\":1,\"FailP\":0.5}]}\nat_s,service_s,mem_mb,queue,type,scheduled\n1,2,90,x,0,0\n")
	f.Fuzz(func(t *testing.T, file string) {
		tr, err := sim.ReadTrace(strings.NewReader(file))
		if err != nil || tr.Duration > 1000 || tr.Max > 50 || tr.Init > 50 || len(tr.Tasks) > 50 || tr.Timeout > 0 && tr.Timeout < 0.01 {
			return
		}
		p, err := sim.NewProduct("ours", sim.Fit(autoscaler.DefaultConfig(), tr), nil)
		if err != nil {
			t.Fatalf("a trace that ReadTrace took: %v", err)
		}
		if r := sim.Run(tr, p, sim.Options{Course: true}); math.IsNaN(r.WorkerSeconds) || r.Started < 0 {
			t.Errorf("%+v", r)
		}
	})
}

// The product never goes over the limit of a process.
func TestProductIsNeverKilled(t *testing.T) {
	for _, name := range []string{"memory_go", "memdrift_go"} {
		w, err := workload.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		tr := w.Make(1)
		p, err := sim.NewProduct("ours", sim.ConfigFor(tr), nil)
		if err != nil {
			t.Fatal(err)
		}
		if r := sim.Run(tr, p, sim.Options{}); r.Kills > 0 {
			t.Errorf("%s: killed %d times", name, r.Kills)
		}
	}
}

func ExampleRun() {
	tr := even(100, 0.5)
	p, err := sim.NewProduct("ours", sim.ConfigFor(tr), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := sim.Run(tr, p, sim.Options{})
	fmt.Printf("%.0f %% late, up to %d workers\n", r.LatePercent(), r.MaxWorkers)
	// Output: 0 % late, up to 3 workers
}
