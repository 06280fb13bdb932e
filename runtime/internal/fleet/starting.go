package fleet

import "time"

// giveUp is after what time nobody waits any more for workers that were asked
// for: then it is taken that nobody starts processes here.
const giveUp = 5 * time.Minute

// An Asked is workers that were asked for at a time.
type Asked struct {
	At time.Time `json:"at"`
	N  int       `json:"n"`
}

// Starting are the workers beyond the capacity of the processes there are: others
// have to be started for them. It measures how long that takes.
type Starting struct {
	Asked    []Asked `json:"asked,omitempty"` // the first ones first
	Startups uint64  `json:"startups"`        // counter: workers that came
	Seconds  float64 `json:"seconds"`         // counter: how long they took
}

// Came takes in that only so many are missing now: the others have come.
func (s *Starting) Came(now time.Time, missing int) {
	for came := s.total() - missing; came > 0 && len(s.Asked) > 0; {
		first := &s.Asked[0]
		n := min(came, first.N)
		if age := now.Sub(first.At); age < giveUp {
			s.Startups += uint64(n)
			s.Seconds += float64(n) * age.Seconds()
		}
		came -= n
		if first.N -= n; first.N == 0 {
			s.Asked = s.Asked[1:]
		}
	}
}

// Ask takes in that so many are missing after a decision: more are asked for, or
// the last ones are not needed any more.
func (s *Starting) Ask(now time.Time, missing int) {
	more := missing - s.total()
	if more > 0 {
		s.Asked = append(s.Asked, Asked{now, more})
	}
	for more < 0 {
		last := &s.Asked[len(s.Asked)-1]
		n := min(-more, last.N)
		more += n
		if last.N -= n; last.N == 0 {
			s.Asked = s.Asked[:len(s.Asked)-1]
		}
	}
}

// Expected is how many are still waited for.
func (s *Starting) Expected(now time.Time) (n int) {
	for _, a := range s.Asked {
		if now.Sub(a.At) < giveUp {
			n += a.N
		}
	}
	return n
}

func (s *Starting) total() (n int) {
	for _, a := range s.Asked {
		n += a.N
	}
	return n
}
