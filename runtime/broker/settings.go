package broker

import (
	"cmp"
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

	// Closed refuses all messages with ErrFull. What is in the queue goes on, and
	// what comes back after a run gets in.
	Closed bool

	// MaxTasks refuses messages with ErrFull while that many tasks are pending,
	// scheduled or parked; 0: no limit. What comes back after a run always gets in.
	MaxTasks int64

	// MaxBytes refuses messages with ErrFull while those tasks take so many bytes
	// in the store, by its own estimate; 0: no limit. It costs each Enqueue a look
	// at them.
	MaxBytes int64

	// Dead bounds the dead letters of the queue. The oldest beyond it are dropped,
	// and counted in QueueInfo.Dropped.
	Dead Bounds

	// Rate and Concurrency hold for all tasks of the queue together, suspects
	// excepted. Concurrency bounds how many are active; 0: no limit.
	Rate        Rate
	Concurrency int64

	// Groups are the limits of groups by their names, at most MaxLimits.
	Groups map[string]Limit
}

// Unset is the version in a Configure of a queue that was never configured.
const Unset uint64 = math.MaxUint64

// Bounds are how many dead letters are kept (Max), how long (Age, 1 ms to
// MaxDelay), and how many bytes of them. What is 0 is as in DefaultBounds, what is
// -1 is not bounded.
type Bounds struct {
	Max   int64
	Age   time.Duration
	Bytes int64
}

// DefaultBounds are those of a queue whose settings say nothing of it.
func DefaultBounds() Bounds {
	return Bounds{Max: 100_000, Age: 180 * 24 * time.Hour, Bytes: 1 << 30}
}

// Effective is b with the defaults in the place of zeros.
func (b Bounds) Effective() Bounds {
	d := DefaultBounds()
	return Bounds{cmp.Or(b.Max, d.Max), cmp.Or(b.Age, d.Age), cmp.Or(b.Bytes, d.Bytes)}
}

func (b Bounds) check() error {
	switch {
	case b.Max < -1 || b.Bytes < -1:
		return fmt.Errorf("%w: bounds of %d dead letters and %d bytes; use -1 for none", ErrInvalid, b.Max, b.Bytes)
	case b.Age != -1 && b.Age != 0 && (b.Age < time.Millisecond || b.Age > MaxDelay):
		return fmt.Errorf("%w: the age %v of dead letters is outside 1ms to %v; use -1 for none", ErrInvalid, b.Age, MaxDelay)
	}
	return nil
}

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
	return s.Paused == other.Paused && s.Closed == other.Closed && s.MaxTasks == other.MaxTasks && s.MaxBytes == other.MaxBytes &&
		s.Dead == other.Dead && s.Rate == other.Rate &&
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
	if s.MaxBytes < 0 {
		return fmt.Errorf("%w: MaxBytes %d is negative", ErrInvalid, s.MaxBytes)
	}
	if err := s.Dead.check(); err != nil {
		return err
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
	if s.Dead.Age > 0 {
		n.Dead.Age = s.Dead.Age.Truncate(time.Millisecond)
	}
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
