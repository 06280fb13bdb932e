package chaos

import (
	"slices"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// beats are those of an actor from one second to another.
func (s *story) beats(actor string, from, to float64) {
	for t := from; t <= to; t += beatEvery.Seconds() {
		s.add(t, Record{Event: Beat, Actor: actor})
	}
}

// again has a task run on w1, and once more on w2.
func (s *story) again(began, ended, second float64) {
	s.sent("a", broker.StateDone)
	s.run("a", "w1", 1, began, ended, Done)
	s.run("a", "w2", 2, second, second+1, Done)
}

// TestStalls: what the machine did is told from what we did.
func TestStalls(t *testing.T) {
	for _, tt := range []struct {
		name    string
		tell    func(*story)
		want    []Rule
		excused int
	}{
		{"nobody stood still", func(s *story) { s.beats("w1", 0, 9); s.beats(storeActor, 0, 9); s.again(1, 2, 4) }, []Rule{RuleDuplicate}, 0},
		{"the worker did", func(s *story) { s.beats("w1", 0, 1.5); s.beats("w1", 4, 9); s.again(1, 4.1, 4) }, nil, 1},
		{"it did, for less than a lease can lapse in", func(s *story) { s.beats("w1", 0, 1.5); s.beats("w1", 2.5, 9); s.again(1, 2.6, 4) }, []Rule{RuleDuplicate}, 0},
		{"it did, long before", func(s *story) { s.beats("w1", 0, 1.5); s.beats("w1", 4, 9); s.again(6, 7, 8) }, []Rule{RuleDuplicate}, 0},
		{"it did, once the store knew", func(s *story) { s.beats("w1", 0, 3); s.beats("w1", 6, 9); s.again(1, 1.2, 7) }, []Rule{RuleDuplicate}, 0},
		{"another did", func(s *story) { s.beats("w1", 0, 9); s.beats("w3", 0, 1); s.beats("w3", 4, 9); s.again(1, 2, 4) }, []Rule{RuleDuplicate}, 0},
		{"the store did", func(s *story) { s.beats(storeActor, 0, 1.5); s.beats(storeActor, 4, 9); s.again(1, 4.1, 4) }, nil, 1},
		{"the store was away for a lease", func(s *story) {
			s.beats(storeActor, 0, 9)
			s.add(1.5, Record{Event: StoreDown})
			s.add(4, Record{Event: StoreUp})
			s.again(1, 4.1, 4)
		}, nil, 1},
		{"the store was away for less", func(s *story) {
			s.add(1.5, Record{Event: StoreDown})
			s.add(2.5, Record{Event: StoreUp})
			s.again(1, 4.1, 4)
		}, []Rule{RuleDuplicate}, 0},
		{"worker and store, one after the other", func(s *story) {
			s.beats("w1", 0, 1.5)
			s.beats("w1", 2.6, 9)
			s.beats(storeActor, 0, 2.5)
			s.beats(storeActor, 3.6, 9)
			s.again(1, 3.7, 4)
		}, nil, 1},
		{"a pause by the scenario is no stall", func(s *story) {
			s.beats("w1", 0, 1.5)
			s.add(1.5, Record{Event: Paused, Actor: "w1"})
			s.add(3.9, Record{Event: Resumed, Actor: "w1"})
			s.beats("w1", 3.9, 9)
			s.again(1, 4, 3.6)
		}, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStory()
			tt.tell(s)
			v := s.check()
			if got := v.rules(); !slices.Equal(got, tt.want) || v.Excused != tt.excused {
				t.Errorf("%v, want %v; excused %d, want %d: %v", got, tt.want, v.Excused, tt.excused, v.Findings)
			}
		})
	}
}

// TestLate: limits grow with what stood still, and not with what a scenario held up.
func TestLate(t *testing.T) {
	for _, tt := range []struct {
		name string
		tell func(*story)
		want time.Duration
	}{
		{"nothing", func(s *story) { s.beats("w1", 0, 5) }, 0},
		{"a stall", func(s *story) { s.beats("w1", 0, 1); s.beats("w1", 3.1, 5) }, 2 * time.Second},
		{"a pause", func(s *story) {
			s.beats("w1", 0, 1)
			s.add(1, Record{Event: Paused, Actor: "w1"})
			s.add(3, Record{Event: Resumed, Actor: "w1"})
			s.beats("w1", 3, 5)
		}, 0},
		{"a stall before a kill", func(s *story) {
			s.beats("w1", 0, 1)
			s.add(3.1, Record{Event: Killed, Actor: "w1"})
		}, 2 * time.Second},
		{"the store was taken away", func(s *story) {
			s.beats(storeActor, 0, 1)
			s.add(1, Record{Event: StoreDown})
			s.add(3, Record{Event: StoreUp})
			s.beats(storeActor, 3, 5)
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStory()
			tt.tell(s)
			slices.SortStableFunc(s.records, func(a, b Record) int { return a.At.Compare(b.At) })
			if got := newHistory(s.records).late().Round(10 * time.Millisecond); got != tt.want {
				t.Errorf("%v late, want %v", got, tt.want)
			}
		})
	}
}
