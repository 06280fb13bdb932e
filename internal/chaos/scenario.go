package chaos

import (
	"os/exec"
	"testing"
	"time"
)

// A Scenario is one way to do harm.
type Scenario struct {
	Name string
	Does string // in a few words, for the table
	Long bool   // left out of a quick run
	Test bool   // short enough for every run of the tests
	Need string // a program without which it cannot run
	Run  func(s *Stage) Verdict
}

// A Result is what came of a scenario.
type Result struct {
	Verdict
	Name   string
	Does   string
	Seed   uint64
	Took   time.Duration
	Failed bool   // something broke before the verdict
	Fact   string // what a scenario has measured besides
}

// Lacks is the program that a scenario needs and that the machine does not have.
func (c *Scenario) Lacks() string {
	if c.Need == "" {
		return ""
	}
	if _, err := exec.LookPath(c.Need); err != nil {
		return c.Need
	}
	return ""
}

// why a scenario was left out.
func (c *Scenario) why() string {
	if missing := c.Lacks(); missing != "" {
		return "there is no " + missing
	}
	if c.Long {
		return "too long for a quick run"
	}
	return "not asked for"
}

// OK reports whether every invariant held.
func (r *Result) OK() bool { return !r.Failed && len(r.Findings) == 0 }

// Scenarios are all of them, in the order in which they run.
func Scenarios() []Scenario {
	var all []Scenario
	for _, part := range [][]Scenario{processScenarios(), storeScenarios(), tailScenarios(), networkScenarios(), taskScenarios(), queueScenarios(), steadyScenarios(), cronScenarios(), clockScenarios()} {
		all = append(all, part...)
	}
	return all
}

// Skipped are the scenarios that do not run, and why.
func Skipped() [][2]string {
	return [][2]string{
		{"old and new release on one queue", "there is one release; builds that know different kinds run as two-builds and rolling"},
		{"a power cut of the machine", "it stays on; power-cut-always and power-cut-everysec do to the append-only file what one may do to it"},
	}
}

// Play runs a scenario and fails tb for each broken invariant.
func Play(tb testing.TB, c Scenario, seed uint64, scale int, fault string) Result {
	tb.Helper()
	start := time.Now()
	r := Result{Name: c.Name, Does: c.Does, Seed: seed}
	s := newStage(tb, seed, scale)
	s.Fault = fault
	r.Verdict = c.Run(s)
	r.Took, r.Fact, r.Failed = time.Since(start), s.fact, tb.Failed()
	return r
}
