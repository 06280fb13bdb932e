package chaos

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A story writes a history by hand, in seconds from its beginning.
type story struct {
	records []Record
	final   Final
	terms   Terms
}

var dawn = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return dawn.Add(time.Duration(seconds * float64(time.Second))) }

func newStory() *story {
	return &story{
		final: Final{States: map[string]broker.State{}, Tokens: map[string]uint32{}},
		terms: Terms{Lease: 2 * time.Second, Grace: time.Second, Unsettled: 500 * time.Millisecond},
	}
}

func (s *story) add(seconds float64, r Record) {
	r.At = at(seconds)
	s.records = append(s.records, r)
}

// sent is a task that is in, and where it is in the end.
func (s *story) sent(id string, state broker.State) {
	s.add(0, Record{Event: Sent, ID: id})
	s.add(0, Record{Event: Acked, ID: id})
	s.final.States[id] = state
	s.final.Info.Enqueued++
	if state == broker.StateDone {
		s.final.Info.Done++
	}
}

// run is a run from one second to another; without a word on how it ended it
// did not.
func (s *story) run(id, worker string, token uint32, from, to float64, how string) {
	s.add(from, Record{Event: Began, Actor: worker, Worker: worker, ID: id, Token: token, Attempt: 1})
	if how != "" {
		s.add(to, Record{Event: Ended, Actor: worker, Worker: worker, ID: id, Token: token, How: how})
	}
}

func (s *story) check() Verdict {
	slices.SortStableFunc(s.records, func(a, b Record) int { return a.At.Compare(b.At) })
	return Check(s.records, &s.final, s.terms)
}

func (v *Verdict) rules() []Rule {
	var rules []Rule
	for _, f := range v.Findings {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// TestCheckAccepts: what the promises allow.
func TestCheckAccepts(t *testing.T) {
	tests := []struct {
		name  string
		tell  func(*story)
		again int
	}{
		{"one run", func(s *story) {
			s.sent("a", broker.StateDone)
			s.run("a", "w1", 1, 1, 2, Done)
			s.final.Tokens["a"] = 1
		}, 0},
		{"it waits", func(s *story) { s.sent("a", broker.Pending); s.final.Info.Pending++ }, 0},
		{"sent, not acknowledged, and not in", func(s *story) { s.add(0, Record{Event: Sent, ID: "a"}) }, 0},
		{"again after a failure", func(s *story) {
			s.sent("a", broker.StateDone)
			s.run("a", "w1", 1, 1, 2, Failed)
			s.run("a", "w1", 2, 3, 4, Done)
			s.final.Info.Retried++
		}, 1},
		{"again after a kill", func(s *story) {
			s.sent("a", broker.StateDone)
			s.run("a", "w1", 1, 1, 0, "")
			s.add(1.5, Record{Event: Killed, Actor: "w1"})
			s.run("a", "w2", 2, 3.6, 4, Done)
		}, 1},
		{"done, but the kill came before the store heard of it", func(s *story) {
			s.sent("a", broker.StateDone)
			s.run("a", "w1", 1, 1, 1.4, Done)
			s.add(1.5, Record{Event: Killed, Actor: "w1"})
			s.run("a", "w2", 2, 3.6, 4, Done)
		}, 1},
		{"two runs at once after a pause", func(s *story) {
			s.sent("a", broker.StateDone)
			s.run("a", "w1", 1, 1, 5, Done)
			s.add(1.5, Record{Event: Paused, Actor: "w1"})
			s.run("a", "w2", 2, 3.6, 6, Done)
			s.add(4.5, Record{Event: Resumed, Actor: "w1"})
		}, 1},
		{"it began after a pause was written down and before it was sent", func(s *story) {
			s.sent("a", broker.StateDone)
			s.add(1.5, Record{Event: Paused, Actor: "w1"})
			s.run("a", "w1", 1, 1.501, 4.6, Done)
			s.run("a", "w2", 2, 3.6, 4, Done)
			s.add(4.5, Record{Event: Resumed, Actor: "w1"})
		}, 1},
		{"a start of one who does not know yet", func(s *story) {
			s.sent("a", broker.StateDone)
			s.add(1.5, Record{Event: Paused, Actor: "w1"})
			s.run("a", "w2", 2, 3.6, 4, Done)
			s.add(4.5, Record{Event: Resumed, Actor: "w1"})
			s.run("a", "w1", 1, 4.6, 5, Done)
		}, 1},
		{"given back at a shutdown", func(s *story) {
			s.sent("a", broker.StateDone)
			s.add(1.5, Record{Event: Stopped, Actor: "w1"})
			s.run("a", "w1", 1, 1, 2.5, Interrupted)
			s.run("a", "w2", 1, 2.6, 3, Done)
			s.add(2.6, Record{Event: Down, Actor: "w1"})
		}, 1},
		{"dead after its failures", func(s *story) {
			s.sent("a", broker.StateDead)
			s.run("a", "w1", 1, 1, 2, Failed)
			s.final.Letters = []Letter{{ID: "a", Max: 1}}
			s.final.Info.Died, s.final.Info.Dead = 1, 1
		}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStory()
			tt.tell(s)
			s.settle()
			v := s.check()
			if len(v.Findings) > 0 || v.Repeats != tt.again {
				t.Errorf("%d again, want %d; findings: %v", v.Repeats, tt.again, v.Findings)
			}
		})
	}
}

// settle makes the counter of what is active follow from the others, as in the
// store.
func (s *story) settle() {
	n := &s.final.Info
	n.Active = n.Enqueued - n.Done - n.Died - n.Discarded - n.Deleted - n.Pending - n.Scheduled
}

// A violation is a story and the rules that it breaks.
type violation struct {
	name string
	tell func(*story)
	want []Rule
}

// endings are violations in where tasks are in the end.
var endings = []violation{
	{"nowhere", func(s *story) { s.sent("a", broker.StateUnknown); s.final.Info.Enqueued-- }, []Rule{RuleLost}},
	{"done without a run", func(s *story) { s.sent("a", broker.StateDone) }, []Rule{RuleCount, RuleLost}},
	{"done, but the run was cut off", func(s *story) {
		s.sent("a", broker.StateDone)
		s.run("a", "w1", 1, 1, 0, "")
		s.add(1.5, Record{Event: Killed, Actor: "w1"})
	}, []Rule{RuleCount, RuleLost}},
	{"refused", func(s *story) {
		s.add(0, Record{Event: Sent, ID: "a"})
		s.add(0, Record{Event: Refused, ID: "a", Note: "duplicate"})
	}, []Rule{RuleRefused}},
	{"dead too early", func(s *story) {
		s.sent("a", broker.StateDead)
		s.run("a", "w1", 1, 1, 2, Failed)
		s.final.Letters = []Letter{{ID: "a", Max: 4}}
		s.final.Info.Died, s.final.Info.Dead = 1, 1
	}, []Rule{RuleDead}},
	{"dead without a start", func(s *story) {
		s.sent("a", broker.StateDead)
		s.final.Letters = []Letter{{ID: "a", Max: 4, Lost: 5}}
		s.final.Info.Died, s.final.Info.Dead = 1, 1
	}, []Rule{RuleDead}},
	{"a doomed task lives", func(s *story) {
		s.sent("a", broker.StateDone)
		s.run("a", "w1", 1, 1, 2, Done)
		s.terms.Doomed = map[string]bool{"a": true}
	}, []Rule{RuleScenario}},
}

// repeats are violations in runs.
var repeats = []violation{
	{"twice in a row", func(s *story) {
		s.sent("a", broker.StateDone)
		s.run("a", "w1", 1, 1, 2, Done)
		s.run("a", "w2", 2, 3, 4, Done)
	}, []Rule{RuleDuplicate}},
	{"again after a kill long after its end", func(s *story) {
		s.sent("a", broker.StateDone)
		s.run("a", "w1", 1, 1, 2, Done)
		s.add(3, Record{Event: Killed, Actor: "w1"})
		s.run("a", "w2", 2, 5, 6, Done)
	}, []Rule{RuleDuplicate}},
	{"again after a pause that was too short", func(s *story) {
		s.sent("a", broker.StateDone)
		s.run("a", "w1", 1, 1, 2.5, Done)
		s.add(1.5, Record{Event: Paused, Actor: "w1"})
		s.add(2, Record{Event: Resumed, Actor: "w1"})
		s.run("a", "w2", 2, 3, 4, Done)
	}, []Rule{RuleDuplicate}},
	{"twice at once, the lease not lapsed", func(s *story) {
		s.sent("a", broker.StateDone)
		s.run("a", "w1", 1, 1, 6, Done)
		s.add(1.5, Record{Event: Paused, Actor: "w1"})
		s.run("a", "w2", 2, 1.8, 4, Done)
		s.add(5, Record{Event: Resumed, Actor: "w1"})
	}, []Rule{RuleOverlap}},
	{"a fence that does not rise", func(s *story) {
		s.sent("a", broker.StateDone)
		s.run("a", "w1", 2, 1, 2, Failed)
		s.run("a", "w1", 2, 3, 4, Done)
	}, []Rule{RuleFence}},
	{"a crash that spends an attempt", func(s *story) {
		s.sent("a", broker.StateDone)
		s.run("a", "w1", 1, 1, 0, "")
		s.add(1.5, Record{Event: Killed, Actor: "w1"})
		s.add(3.6, Record{Event: Began, Actor: "w2", Worker: "w2", ID: "a", Token: 2, Attempt: 2})
		s.add(4, Record{Event: Ended, Actor: "w2", Worker: "w2", ID: "a", Token: 2, How: Done})
	}, []Rule{RuleAttempt}},
	{"early", func(s *story) {
		s.sent("a", broker.StateDone)
		s.records[0].Due = at(1.5)
		s.run("a", "w1", 1, 1, 2, Done)
	}, []Rule{RuleEarly}},
}

// figures are violations in times and counters.
var figures = []violation{
	{"late after a kill", func(s *story) {
		s.sent("a", broker.StateDone)
		s.run("a", "w1", 1, 1, 0, "")
		s.add(1.5, Record{Event: Killed, Actor: "w1"})
		s.run("a", "w2", 2, 6, 7, Done)
	}, []Rule{RuleSlow}},
	{"slow to stop", func(s *story) {
		s.add(1, Record{Event: Stopped, Actor: "w1"})
		s.add(4, Record{Event: Down, Actor: "w1"})
	}, []Rule{RuleStop}},
	{"a stop without an end", func(s *story) { s.add(1, Record{Event: Stopped, Actor: "w1"}) }, []Rule{RuleStop}},
	{"completed twice", func(s *story) {
		s.sent("a", broker.StateDone)
		s.run("a", "w1", 1, 1, 2, Failed)
		s.run("a", "w1", 2, 3, 4, Done)
		s.final.Info.Done++
	}, []Rule{RuleCount, RuleOnce}},
	{"the result of a run that failed", func(s *story) {
		s.sent("a", broker.StateDone)
		s.run("a", "w1", 1, 1, 2, Failed)
		s.run("a", "w1", 2, 3, 4, Done)
		s.final.Tokens["a"] = 1
	}, []Rule{RuleOnce}},
	{"a dead letter that is not counted", func(s *story) {
		s.sent("a", broker.StateDead)
		s.run("a", "w1", 1, 1, 2, Failed)
		s.final.Letters = []Letter{{ID: "a", Max: 1}}
	}, []Rule{RuleCount, RuleOnce}},
	{"still active", func(s *story) { s.sent("a", broker.Active) }, []Rule{RuleOnce, RuleStructure}},
	{"a key too many", func(s *story) { s.final.Problems = []string{"a key"} }, []Rule{RuleStructure}},
}

// TestCheckSees plants each kind of violation.
func TestCheckSees(t *testing.T) {
	seen := map[Rule]bool{}
	for _, tt := range slices.Concat(endings, repeats, figures) {
		t.Run(tt.name, func(t *testing.T) {
			s := newStory()
			tt.tell(s)
			s.settle()
			v := s.check()
			if diff := cmp.Diff(tt.want, v.rules()); diff != "" {
				t.Errorf("rules (-want +got):\n%s%v", diff, v.Findings)
			}
		})
		for _, r := range tt.want {
			seen[r] = true
		}
	}
	for _, r := range []Rule{RuleLost, RuleRefused, RuleDead, RuleDuplicate, RuleOverlap, RuleFence, RuleAttempt, RuleEarly, RuleSlow, RuleStop, RuleOnce, RuleCount, RuleStructure, RuleScenario} {
		if !seen[r] {
			t.Errorf("no case breaks the rule %q", r)
		}
	}
}

// TestRecoveryWaitsForTheStore: while the store is away nobody can recover.
func TestRecoveryWaitsForTheStore(t *testing.T) {
	s := newStory()
	s.sent("a", broker.StateDone)
	s.run("a", "w1", 1, 1, 0, "")
	s.add(1.5, Record{Event: Killed, Actor: "w1"})
	s.add(2, Record{Event: StoreDown})
	s.add(8, Record{Event: StoreUp})
	s.run("a", "w2", 2, 8.25, 9, Done)
	s.settle()
	v := s.check()
	if len(v.Findings) > 0 || v.Recovery != 250*time.Millisecond || v.Outages != 250*time.Millisecond {
		t.Errorf("recovery %v, after the outage %v, findings %v", v.Recovery, v.Outages, v.Findings)
	}
}
