package contest

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/peer"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/workload"
)

// What the peers score, from the simulator as it was when they were written.
//
//go:embed testdata/peers.txt
var peerScores string

func TestPeersScoreAsEver(t *testing.T) {
	traces := map[string]*sim.Trace{}
	seen := map[string]bool{}
	for lines := bufio.NewScanner(strings.NewReader(peerScores)); lines.Scan(); {
		var name, controller string
		var score float64
		var reversals int
		var failed int64
		if _, err := fmt.Sscan(lines.Text(), &name, &controller, &score, &reversals, &failed); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		if traces[name] == nil {
			traces[name] = made(t, name).Make(1)
		}
		p, err := peer.Named(controller)
		if err != nil {
			t.Fatal(err)
		}
		seen[controller] = true
		tr := traces[name]
		r := scored(tr, p.New(tr), OracleSeconds(name, tr))
		if math.Abs(r.Score()-score) > 0.0006 || r.Reversals != reversals || r.FailedAttempts != failed {
			t.Errorf("%s on %s: score %.3f, %d reversals, %d failed attempts; want %.3f, %d, %d",
				controller, name, r.Score(), r.Reversals, r.FailedAttempts, score, reversals, failed)
		}
	}
	for _, p := range peer.All() {
		if !seen[p.Name] {
			t.Errorf("no score of %s is kept", p.Name)
		}
	}
}

func made(t *testing.T, name string) workload.Workload {
	t.Helper()
	w, err := workload.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// The file has every trace of the comparison, and what the oracle computes.
func TestOracleFile(t *testing.T) {
	for _, w := range workload.All() {
		for seed := range int64(3) {
			if _, ok := pinned(w.Name, seed+1); !ok {
				t.Errorf("%s %d is missing", w.Name, seed+1)
			}
		}
	}
	for _, name := range []string{"trickle_pod", "longtasks_pod"} {
		want, _ := pinned(name, 1)
		if got := sim.Oracle(made(t, name).Make(1)).WorkerSeconds; math.Abs(got-want) > 1e-6*want {
			t.Errorf("%s: the oracle pays %v, the file has %v", name, got, want)
		}
	}
}

func contestOf(t *testing.T, names ...string) *Contest {
	c := &Contest{Seeds: []int64{1, 2}, Config: autoscaler.DefaultConfig(), Parallel: 2}
	for _, name := range names {
		c.Workloads = append(c.Workloads, made(t, name))
	}
	for _, name := range []string{"kpa", "static-mean"} {
		p, err := peer.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		c.Peers = append(c.Peers, p)
	}
	return c
}

func TestContest(t *testing.T) {
	done := map[string]int{}
	c := contestOf(t, "trickle_pod", "verylong_pod")
	c.Done = func(trace string, _ int64) { done[trace]++ }
	rows, err := c.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"trickle_pod": 2, "verylong_pod": 2}, done); diff != "" {
		t.Errorf("told about (-want +got):\n%s", diff)
	}
	var got []string
	for _, row := range rows {
		got = append(got, fmt.Sprint(row.Trace, " ", row.Controller, " ", row.Runs[0].Seed, " ", row.Runs[1].Seed))
		if s := Summarize(row.Controller, row.Runs); math.IsNaN(s.Score) || s.Score <= 0.3 {
			t.Errorf("%s on %s scores %v", row.Controller, row.Trace, s.Score)
		}
	}
	want := []string{
		"trickle_pod taskqueue 1 2", "trickle_pod kpa-90 1 2", "trickle_pod static-mean 1 2",
		"verylong_pod taskqueue 1 2", "verylong_pod kpa-90 1 2", "verylong_pod static-mean 1 2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	alone := *c
	alone.Parallel = 1
	again, err := alone.Run(t.Context())
	if diff := cmp.Diff(rows, again, cmpopts.IgnoreUnexported(sim.Result{})); diff != "" || err != nil {
		t.Errorf("one after the other (%v):\n%s", err, diff)
	}
}

func TestContestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := contestOf(t, "trickle_pod").Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	c := contestOf(t, "trickle_pod")
	c.Config.LearningRate = 7
	if _, err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "learning_rate") {
		t.Errorf("with a bad config: %v", err)
	}
}

func TestTableAndVerdict(t *testing.T) {
	runs := func(seconds float64, late int64) []sim.Result {
		return []sim.Result{{WorkerSeconds: seconds, OracleSeconds: 100, Started: 100, Tasks: 100, LateStarts: late}}
	}
	totals := Totals([]Row{
		{"x", Ours, runs(120, 2)}, {"x", "slow", runs(300, 0)}, {"x", "lean", runs(100, 11)},
		{"y", Ours, runs(140, 0)}, {"y", "slow", runs(300, 0)}, {"y", "lean", runs(100, 9)},
	})
	if got, want := Verdict(totals), "taskqueue score 1.40 cost 1.30 late 1.00; best peer lean score 2.00"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var b bytes.Buffer
	if err := WriteTable(&b, totals); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 4 || !strings.Contains(lines[0], "score") || !strings.HasPrefix(strings.TrimSpace(lines[1]), "taskqueue") || !strings.HasPrefix(strings.TrimSpace(lines[3]), "slow") {
		t.Errorf("table:\n%s", b.String())
	}
}

// The goal, on the part of the comparison that a test has time for.
func TestAheadOfThePeers(t *testing.T) {
	c := contestOf(t, "step_go", "flash_go", "trickle_pod", "errslow_pod")
	c.Seeds = []int64{1}
	rows, err := c.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	totals := Totals(rows)
	if ours := totals[0]; ours.Controller != Ours || ours.Score > 1.9 || ours.Cost > 1.5 {
		t.Errorf("%s", Verdict(totals))
	}
}

func TestSimulate(t *testing.T) {
	tr := made(t, "trickle_pod").Make(1)
	kpa, err := peer.Named("kpa")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Simulate(tr, autoscaler.DefaultConfig(), []peer.Peer{kpa}, OracleSeconds("trickle_pod", tr))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Summaries) != 2 || s.Summaries[0].Controller != Ours || s.Summaries[1].Controller != "kpa-90" {
		t.Errorf("summaries: %+v", s.Summaries)
	}
	if len(s.Decisions) != 7199 && len(s.Decisions) != 7200 {
		t.Errorf("%d decisions in two hours", len(s.Decisions))
	}
	for _, r := range s.Runs {
		if len(r.Course) < 1400 {
			t.Errorf("%s: %d points", r.Controller, len(r.Course))
		}
	}
	bad := autoscaler.DefaultConfig()
	bad.LearningRate = 2
	if _, err := Simulate(tr, bad, nil, 1); err == nil {
		t.Error("a learning rate of 2 was taken")
	}
}

// The seed's configurations, key for key, run and behave: its code's default
// with the window that it names, and the production block of its guide.
func TestSeedConfigurations(t *testing.T) {
	code := autoscaler.DefaultConfig()
	code.ScaleDownCooldown = 5 * time.Minute
	production := autoscaler.DefaultConfig()
	production.ScaleUpCount, production.ScaleDownCount = 2, 1
	production.Triggers = autoscaler.Triggers{QueuePressure: 1.2, WorkerUtilization: 0.85, TaskComplexity: 2, ErrorRate: 0.03, MemoryMB: 1024}
	production.LearningRate, production.AdaptationWindow = 0.05, time.Hour
	production.ScaleUpCooldown, production.ScaleDownCooldown, production.ConsecutiveSignals = 3*time.Minute, 15*time.Minute, 3
	production.Target.SuccessRate, production.Target.WorkerUtilization = 0.99, 0.75
	for name, c := range map[string]autoscaler.Config{"code": code, "production": production} {
		for _, trace := range []string{"step_go", "step_pod"} {
			tr := made(t, trace).Make(1)
			s, err := Simulate(tr, c, nil, OracleSeconds(trace, tr))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s on %s: %+v", name, trace, s.Summaries[0])
			if got := s.Summaries[0]; got.Late > 2 || got.Cost > 2 || got.Reversals > 12 {
				t.Errorf("%s on %s: %.2f %% late, cost %.2f, %.0f reversals", name, trace, got.Late, got.Cost, got.Reversals)
			}
		}
	}
}
