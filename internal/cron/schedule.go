package cron

import (
	"time"
)

// A Schedule is a spec in a time zone. It does not change and is safe for
// concurrent use.
type Schedule struct {
	spec string
	zone *time.Location

	every int64 // milliseconds; 0: the fields count

	second, minute, hour, month uint64 // sets of numbers: 1<<n
	day                         uint64 // likewise; 1<<0 is the last day
	weekday                     uint64 // likewise
	nth                         uint64 // 1<<(7*week+weekday), week 0 to 4 or lastWeek
	either                      bool   // a day that fits day or weekday is taken, not only one that fits both

	hourly  bool // runs in every hour: nothing is made up for in a gap
	repeats bool // runs in both passes of a repeated hour
}

const lastWeek = 5

// String is the spec as it was given.
func (s *Schedule) String() string { return s.spec }

// Zone is the time zone in which the spec is meant.
func (s *Schedule) Zone() *time.Location { return s.zone }

// Next is the first tick after an instant of the years 1 to 9000, in the
// schedule's zone. There always is one. It allocates nothing.
func (s *Schedule) Next(after time.Time) time.Time {
	if s.every > 0 {
		ms := after.UnixMilli()
		return time.UnixMilli(ms - floorMod(ms, s.every) + s.every).In(s.zone)
	}
	p := periodAt(time.Unix(after.Unix(), 0).In(s.zone))
	from := after.Unix() + 1 + p.offset
	for {
		if !s.repeats {
			from = max(from, p.repeated(from))
		}
		wall, ok := s.match(from)
		if !ok {
			return time.Time{}
		}
		if p.holds(wall) {
			return time.Unix(wall-p.offset, 0).In(s.zone)
		}
		following := periodAt(p.end)
		from = p.end.Unix() + following.offset
		if wall < from && !s.hourly {
			return p.end
		}
		p = following
	}
}

// Latest is the last tick after one instant and not after another one; the zero
// time if there is none.
func (s *Schedule) Latest(after, until time.Time) time.Time {
	if s.Next(after).After(until) {
		return time.Time{}
	}
	// A tick follows low until the end, none follows high.
	low, high := after.UnixMilli(), until.UnixMilli()
	for high-low > 1 {
		middle := low + (high-low)/2
		if s.Next(time.UnixMilli(middle)).After(until) {
			high = middle
		} else {
			low = middle
		}
	}
	return s.Next(time.UnixMilli(low))
}

// A period is a time in which a zone's clocks are not changed. Its walls are
// what its clocks show, in seconds since they would have shown 1970-01-01.
type period struct {
	start, end time.Time // zero: none
	offset     int64     // seconds that clocks are ahead of UTC
}

func periodAt(t time.Time) period {
	start, end := t.ZoneBounds()
	_, offset := t.Zone()
	return period{start, end, int64(offset)}
}

// holds reports whether clocks that show wall or more have not been changed
// meanwhile.
func (p *period) holds(wall int64) bool {
	return p.end.IsZero() || wall-p.offset < p.end.Unix()
}

// longestRepeat is more than any clocks were ever put back: a day, on the
// other side of the date line.
const longestRepeat = 26 * 60 * 60

// repeated is the wall up to which clocks show again what they have shown
// before the period; anything if from lies far behind.
func (p *period) repeated(from int64) int64 {
	if p.start.IsZero() || from-p.offset > p.start.Unix()+longestRepeat {
		return from
	}
	_, before := p.start.Add(-time.Second).Zone()
	return p.start.Unix() + int64(before)
}

func floorMod(a, b int64) int64 {
	if m := a % b; m < 0 {
		return m + b
	} else {
		return m
	}
}
