package chaos

import (
	"slices"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// TestTails: what a store may forget in an outage is its latest work, and of what it
// accepted only where a scenario says so.
func TestTails(t *testing.T) {
	lost := func(acked float64) func(*story) {
		return func(s *story) {
			s.add(acked, Record{Event: Sent, ID: "a"})
			s.add(acked, Record{Event: Acked, ID: "a"})
			s.final.States["a"] = broker.StateUnknown
		}
	}
	again := func(ended float64) func(*story) {
		return func(s *story) {
			s.sent("a", broker.StateDone)
			s.run("a", "w1", 1, 1, ended, Done)
			s.run("a", "w2", 1, 12, 13, Done)
		}
	}
	for _, tt := range []struct {
		name  string
		tell  func(*story)
		terms Terms
		want  []Rule
	}{
		{"accepted in the tail", lost(9), Terms{Tail: 2 * time.Second, MayLose: true}, nil},
		{"accepted before it", lost(5), Terms{Tail: 2 * time.Second, MayLose: true}, []Rule{RuleLost}},
		{"accepted after it", lost(12), Terms{Tail: 2 * time.Second, MayLose: true}, []Rule{RuleLost}},
		{"it may lose nothing", lost(9), Terms{Tail: 2 * time.Second}, []Rule{RuleLost}},
		{"it has no tail", lost(9), Terms{MayLose: true}, []Rule{RuleLost}},
		{"an end in the tail", again(9), Terms{Tail: 2 * time.Second}, nil},
		{"an end before it", again(5), Terms{Tail: 2 * time.Second}, []Rule{RuleDuplicate}},
		{"an end, without a tail", again(9), Terms{}, []Rule{RuleDuplicate}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStory()
			s.terms.Tail, s.terms.MayLose = tt.terms.Tail, tt.terms.MayLose
			s.add(10, Record{Event: StoreDown})
			s.add(11, Record{Event: StoreUp})
			tt.tell(s)
			v := s.check()
			if got := v.rules(); !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v: %v", got, tt.want, v.Findings)
			}
		})
	}
}

// TestLateMachine: limits of time grow with how late the machine was.
func TestLateMachine(t *testing.T) {
	for late, want := range map[time.Duration][]Rule{0: {RuleSlow}, 2 * time.Second: nil} {
		s := newStory()
		s.terms.Late = late
		s.sent("a", broker.StateDone)
		s.run("a", "w1", 1, 1, 0, "")
		s.add(1.5, Record{Event: Killed, Actor: "w1"})
		s.run("a", "w2", 2, 6, 7, Done)
		v := s.check()
		if got := v.rules(); !slices.Equal(got, want) {
			t.Errorf("%v late: %v, want %v", late, got, want)
		}
	}
}

func TestPeerText(t *testing.T) {
	for _, tt := range []struct {
		peer Peer
		want string
	}{
		{Peer{}, ""},
		{Peer{Cell: "0 lost", Date: "2026-01-02"}, "0 lost (2026-01-02)"},
		{Peer{Cell: "1 lost", Rules: []Rule{RuleLost, RuleSlow}, Date: "2026-01-02"}, "1 lost; broken: lost, slow (2026-01-02)"},
	} {
		if got := tt.peer.String(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
