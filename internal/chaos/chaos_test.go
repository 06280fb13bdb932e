package chaos

import (
	"slices"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/chaos/work"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// TestScenarios plays those that are short.
func TestScenarios(t *testing.T) {
	for _, c := range Scenarios() {
		if !c.Test {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			r := Play(t, c, 1, 1, "")
			for _, f := range r.Findings {
				t.Error(f)
			}
			t.Logf("%d tasks, %d runs, %d kills, %d again, recovery %v, after outages %v; %s",
				r.Tasks, r.Runs, r.Kills, r.Repeats, r.Recovery, r.Outages, r.Fact)
		})
	}
}

// attempts is how often a fault may hide where the machine stood still just then,
// which would explain as much.
const attempts = 3

// TestPlantedFaults plays small scenarios with actors that are at fault: a
// checker that sees nothing there would prove nothing elsewhere.
func TestPlantedFaults(t *testing.T) {
	tests := []struct {
		fault string
		play  func(*Stage) Verdict
		want  Rule
	}{
		{faultAckUnsent, steady, RuleLost},
		{faultAckFirst, killsOnly, RuleLost},
		{faultRunTwice, steady, RuleDuplicate},
		{faultNoDelay, func(s *Stage) Verdict { return s.calm(work.Step{}, func(p *senderPlan) { p.Delay = time.Minute }) }, RuleEarly},
		{faultDiesEarly, func(s *Stage) Verdict { return s.calm(work.Step{Act: work.Fail, Fails: 1}) }, RuleDead},
		{faultSilent, besideAnother, RuleDuplicate},
		{faultNeverStops, steady, RuleStop},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			var v Verdict
			for seed := uint64(1); seed <= attempts; seed++ {
				s := newStage(&muffled{TB: t}, seed, 1)
				s.Fault, s.stopping = tt.fault, grace+sec
				if v = tt.play(s); slices.Contains(v.rules(), tt.want) {
					return
				}
			}
			t.Errorf("the fault was not seen as %q; findings: %v", tt.want, v.Findings)
		})
	}
}

// A muffled test does not fail for what a planted fault breaks besides.
type muffled struct{ testing.TB }

func (m *muffled) Error(args ...any)                 { m.Log(args...) }
func (m *muffled) Errorf(format string, args ...any) { m.Logf(format, args...) }

// calm harms nobody.
func (s *Stage) calm(step work.Step, change ...func(*senderPlan)) Verdict {
	s.Redis()
	s.Workers(2)
	s.Sender(60, 0, step, change...)
	return s.Finish()
}

func steady(s *Stage) Verdict { return s.calm(work.Step{For: msec}) }

// besideAnother has one worker with the fault run a task before one without it
// comes.
func besideAnother(s *Stage) Verdict {
	s.Redis()
	first := s.Worker()
	s.Sender(slots, 0, work.Step{})
	s.awaitRecords("the first worker has done one", first, 1, endedWell)
	s.Fault = ""
	s.Worker()
	return s.Finish()
}

// killsOnly kills every worker while tasks run, and after the store has heard of
// their end from a worker with the fault.
func killsOnly(s *Stage) Verdict {
	s.Redis()
	workers := s.Workers(2)
	s.Sender(40, 0, work.Step{Act: work.Hold})
	s.awaitRecords("handlers begin", nil, slots, began)
	s.Await("the store hears of an end", patience, func(n broker.QueueInfo) bool { return n.Done > 0 })
	for _, w := range workers {
		w.Kill()
	}
	s.Open()
	s.Worker()
	return s.Finish()
}
