package broker

import (
	"fmt"
	"maps"
	"math"
	"time"
)

// Settings are what holds for a queue in all processes. The zero value is what
// a new queue has.
type Settings struct {
	// Version is how often the queue was configured: 1 after the first time, and
	// one more after each. In a Configure it is what the stored settings must
	// have, else the error is ErrStale: so who changes what he has read undoes
	// nobody else's change. 0: whatever they have; Unset: none yet.
	Version uint64

	// Paused: cycles claim nothing. All else goes on. More does not count what
	// waits in lanes then, and Wait does not return for it.
	Paused bool

	// MaxTasks refuses messages with ErrFull while that many tasks are pending,
	// scheduled or parked; 0: no limit. What comes back after a run always gets in.
	MaxTasks int64

	// Rate and Concurrency hold for all tasks of the queue together, suspects
	// excepted. Concurrency bounds how many are active; 0: no limit.
	Rate        Rate
	Concurrency int64

	// Groups are the limits of groups by their names, at most MaxLimits.
	Groups map[string]Limit
}

// Unset is the version in a Configure of a queue that was never configured.
const Unset uint64 = math.MaxUint64

// A Limit is what holds for the tasks of one group, and for those of each key
// in it. What is zero sets no limit; KeyConcurrency 1 means one after the other.
type Limit struct {
	Rate        Rate
	Concurrency int64

	KeyRate        Rate
	KeyConcurrency int64
}

// A Rate lets N tasks begin in each Period, up to Burst of them at once: tokens
// come in evenly, and no more than Burst are kept. Period is 1 ms to MaxPeriod,
// N and Burst are at most MaxRate, Burst 0 is 1. The zero value sets no limit; a
// changed rate begins with Burst tokens.
type Rate struct {
	N      int64
	Period time.Duration
	Burst  int64
}

// Equal reports whether two settings are the same, whatever their versions.
func (s *Settings) Equal(other *Settings) bool {
	return s.Paused == other.Paused && s.MaxTasks == other.MaxTasks && s.Rate == other.Rate &&
		s.Concurrency == other.Concurrency && maps.Equal(s.Groups, other.Groups)
}

// Limited reports whether there is any limit on what may begin.
func (s *Settings) Limited() bool {
	return s.Rate.N > 0 || s.Concurrency > 0 || len(s.Groups) > 0
}

// Check reports the first thing that no store would accept in s.
func (s *Settings) Check() error {
	if s.MaxTasks < 0 {
		return fmt.Errorf("%w: MaxTasks %d is negative", ErrInvalid, s.MaxTasks)
	}
	if len(s.Groups) > MaxLimits {
		return fmt.Errorf("%w: %d groups have limits, at most %d are allowed", ErrInvalid, len(s.Groups), MaxLimits)
	}
	whole := Limit{Rate: s.Rate, Concurrency: s.Concurrency}
	if err := whole.check(); err != nil {
		return err
	}
	for name, l := range s.Groups {
		if err := CheckName("group", name); err != nil {
			return err
		}
		if err := l.check(); err != nil {
			return fmt.Errorf("group %s: %w", name, err)
		}
	}
	return nil
}

func (l *Limit) check() error {
	for _, n := range [...]int64{l.Concurrency, l.KeyConcurrency} {
		if n < 0 || n > MaxConcurrency {
			return fmt.Errorf("%w: concurrency %d is outside 0 to %d", ErrInvalid, n, int64(MaxConcurrency))
		}
	}
	if err := l.Rate.check(); err != nil {
		return err
	}
	return l.KeyRate.check()
}

func (r Rate) check() error {
	switch {
	case r == Rate{}:
		return nil
	case r.N < 1 || r.N > MaxRate:
		return fmt.Errorf("%w: a rate of %d tasks is outside 1 to %d", ErrInvalid, r.N, MaxRate)
	case r.Burst < 0 || r.Burst > MaxRate:
		return fmt.Errorf("%w: a burst of %d tasks is outside 0 to %d", ErrInvalid, r.Burst, MaxRate)
	case r.Period < time.Millisecond || r.Period > MaxPeriod:
		return fmt.Errorf("%w: the period %v of a rate is outside 1ms to %v", ErrInvalid, r.Period, MaxPeriod)
	}
	return nil
}

// Normal is s as stores keep it: periods in whole milliseconds, and no empty
// map or limit. It shares nothing with s.
func (s *Settings) Normal() Settings {
	n := *s
	n.Rate = s.Rate.normal()
	n.Groups = nil
	for name, l := range s.Groups {
		if l == (Limit{}) {
			continue
		}
		if n.Groups == nil {
			n.Groups = make(map[string]Limit, len(s.Groups))
		}
		l.Rate, l.KeyRate = l.Rate.normal(), l.KeyRate.normal()
		n.Groups[name] = l
	}
	return n
}

func (r Rate) normal() Rate {
	r.Period = r.Period.Truncate(time.Millisecond)
	return r
}
