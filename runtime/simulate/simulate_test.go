package simulate_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/workload"
	"github.com/tqgen/taskqueue/runtime/simulate"
)

// reply is what --json prints.
type reply struct {
	Trace       string
	Seed        int64
	Tasks       int64
	Oracle      float64 `json:"oracle_worker_seconds"`
	Controllers []struct {
		Controller string
		Score      *float64
		Cost       *float64
		Late       *float64 `json:"late_pct"`
		OverP95    *float64 `json:"over_p95_pct"`
		Reversals  *float64
		Recovery   *float64 `json:"recovery_s"`
	}
	Decisions []struct{ From, To int }
}

func command(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := simulate.Command(t.Context(), args, &out); err != nil {
		t.Fatalf("simulate %s: %v", strings.Join(args, " "), err)
	}
	return out.String()
}

func decode(t *testing.T, text string) (r reply) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return r
}

// traceFile writes a trace as a file, compressed if its name says so.
func traceFile(t *testing.T, name, trace string) string {
	t.Helper()
	w, err := workload.Named(trace)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var out io.WriteCloser = f
	if strings.HasSuffix(name, ".gz") {
		out = gzip.NewWriter(f)
	}
	if err := errors.Join(sim.WriteTrace(out, w.Make(1)), out.Close()); err != nil {
		t.Fatal(err)
	}
	f.Close()
	return path
}

// A known trace, and the same as a file, give the same figures, as far as the
// file has the digits.
func TestSimulate(t *testing.T) {
	known := decode(t, command(t, "--trace", "trickle_pod", "--json", "--compare", "kpa,hpa", "--explain"))
	if known.Trace != "trickle_pod" || known.Seed != 1 || known.Tasks < 1000 || known.Oracle < 1000 || len(known.Controllers) != 3 {
		t.Fatalf("%+v", known)
	}
	for i, c := range known.Controllers {
		if c.Score == nil || c.Cost == nil || c.Late == nil || c.OverP95 == nil || c.Reversals == nil || c.Recovery == nil {
			t.Errorf("a figure of %s is missing", c.Controller)
		} else if i > 0 && *c.Score < *known.Controllers[0].Score {
			t.Errorf("%s scores %.2f, ours %.2f", c.Controller, *c.Score, *known.Controllers[0].Score)
		}
	}
	for _, d := range known.Decisions {
		if d.From == d.To {
			t.Errorf("a decision that changes nothing: %+v", d)
		}
	}
	if len(known.Decisions) < 5 {
		t.Errorf("%d decisions", len(known.Decisions))
	}
	for _, name := range []string{"a.csv", "a.csv.gz"} {
		file := decode(t, command(t, "--trace", traceFile(t, name, "trickle_pod"), "--json"))
		a, b := *known.Controllers[0].Score, *file.Controllers[0].Score
		if math.Abs(a-b) > 0.05 || file.Tasks != known.Tasks {
			t.Errorf("%s: score %.3f of %d tasks, the trace itself %.3f of %d", name, b, file.Tasks, a, known.Tasks)
		}
	}
	if again := decode(t, command(t, "--trace", "trickle_pod", "--json", "--seed", "2")); again.Seed != 2 || again.Tasks == known.Tasks {
		t.Errorf("seed 2: %+v", again)
	}
}

func TestTableAndPicture(t *testing.T) {
	svg := filepath.Join(t.TempDir(), "a.svg")
	text := command(t, "-trace", "trickle_pod", "-svg", svg, "-explain", "-compare", "kpa")
	for _, want := range []string{"a clairvoyant pays", "score", "cost ×", "late %", "reversals", "recovery s", "taskqueue", "kpa-90", "erlang"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	picture, err := os.ReadFile(svg)
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(picture, new(struct{})); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"oldest wait", "offered work", "reversals", "<title>steady</title>"} {
		if !strings.Contains(string(picture), want) {
			t.Errorf("no %q in the picture", want)
		}
	}
}

// The configuration counts; the trace's bounds do, too, unless one says so.
func TestConfigCounts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.toml")
	if err := os.WriteFile(file, []byte("[autoscaler]\nmin_workers = 9\nmax_workers = 11\n[autoscaler.target_sla]\ntarget_worker_utilization = 0.2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	score := func(args ...string) float64 {
		return *decode(t, command(t, append(args, "--trace", "trickle_pod", "--json")...)).Controllers[0].Cost
	}
	plain, trace, own := score(), score("--config", file), score("--config", file, "--own-targets")
	if trace <= plain {
		t.Errorf("planned for a utilization of 20 %% it costs %.2f, by default %.2f", trace, plain)
	}
	if own == trace {
		t.Errorf("with 9 workers at least it costs as much as with the trace's bounds: %.2f", own)
	}
}

func TestMistakes(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.csv")
	bad := filepath.Join(t.TempDir(), "bad.toml")
	if err := errors.Join(os.WriteFile(empty, nil, 0o600), os.WriteFile(bad, []byte("[autoscaler]\nlearning_rate = 7\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args []string
		want string
	}{
		{nil, "--trace is needed"},
		{[]string{"--trace", "nothing"}, `no trace "nothing"; there are steady`},
		{[]string{"--trace", empty}, "line 1"},
		{[]string{"--trace", "trickle_pod", "--compare", "nobody"}, `no controller "nobody"`},
		{[]string{"--trace", "trickle_pod", "--config", bad}, "learning_rate"},
		{[]string{"--trace", "trickle_pod", "--config", empty + ".toml"}, "empty.csv.toml"},
		{[]string{"--trace", "trickle_pod", "--svg", filepath.Join(empty, "a.svg")}, "--svg"},
		{[]string{"--trace", "trickle_pod", "extra"}, `"extra"`},
		{[]string{"--speed"}, "speed"},
	}
	for _, test := range tests {
		if err := simulate.Command(t.Context(), test.args, io.Discard); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.args, err, test.want)
		}
	}
	if help := command(t, "--help"); !strings.Contains(help, "flash_pod") || !strings.Contains(help, "knative") && !strings.Contains(help, "kpa") {
		t.Errorf("help:\n%s", help)
	}
}

func ExampleCommand() {
	var out bytes.Buffer
	if err := simulate.Command(context.Background(), []string{"--trace", "trickle_pod", "--compare", "kpa"}, &out); err != nil {
		fmt.Println(err)
		return
	}
	first, _, _ := strings.Cut(out.String(), "\n")
	fmt.Println(first)
	// Output:
	// trickle_pod, seed 1: 1740 tasks in 7200 s; a clairvoyant pays 7847 worker-seconds
}

// The configuration blocks of the original's guide, as they stand there, run and
// behave: against steps in load, where workers start at once and where they do not.
func TestSeedBlocks(t *testing.T) {
	for _, block := range []string{"architecture", "autoscaling", "options"} {
		for _, trace := range []string{"step_go", "step_pod"} {
			if trace == "step_pod" && block != "autoscaling" {
				continue // it takes long, and one is enough to see the start-up times
			}
			c := decode(t, command(t, "--config", "../config/testdata/seed-"+block+".toml", "--trace", trace, "--json", "--compare", "seed")).Controllers
			ours, seed := c[0], c[1]
			if *ours.Late > 2 || *ours.Cost > 2 || *ours.Reversals > 12 || *ours.Score > *seed.Score/2 {
				t.Errorf("%s on %s: %.2f %% late, cost %.2f, %.0f reversals; score %.2f, the original's %.2f",
					block, trace, *ours.Late, *ours.Cost, *ours.Reversals, *ours.Score, *seed.Score)
			}
			t.Logf("%s on %s: score %.2f, cost %.2f, %.2f %% late, %.0f reversals", block, trace, *ours.Score, *ours.Cost, *ours.Late, *ours.Reversals)
		}
	}
}
