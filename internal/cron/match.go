package cron

import (
	"math/bits"
	"time"
)

const (
	minuteSeconds = 60
	hourSeconds   = 60 * minuteSeconds
	daySeconds    = 24 * hourSeconds
)

// match is the first wall from the given one on that fits the fields.
func (s *Schedule) match(from int64) (int64, bool) {
	second := floorMod(from, daySeconds)
	today := (from - second) / daySeconds
	day, ok := s.matchDay(today)
	if !ok {
		return 0, false
	}
	if day > today {
		second = 0
	}
	if clock := s.matchClock(second); clock >= 0 {
		return day*daySeconds + clock, true
	}
	if day, ok = s.matchDay(day + 1); !ok {
		return 0, false
	}
	return day*daySeconds + s.matchClock(0), true
}

// matchClock is the first second of a day from the given one on that fits the
// hours, minutes and seconds, or -1.
func (s *Schedule) matchClock(from int64) int64 {
	h, m, sec := from/hourSeconds, from/minuteSeconds%60, from%60
	if s.hour>>h&1 == 1 {
		if s.minute>>m&1 == 1 {
			if sec := next(s.second, sec); sec >= 0 {
				return h*hourSeconds + m*minuteSeconds + sec
			}
		}
		if m := next(s.minute, m+1); m >= 0 {
			return h*hourSeconds + m*minuteSeconds + next(s.second, 0)
		}
	}
	if h = next(s.hour, h+1); h < 0 {
		return -1
	}
	return h*hourSeconds + next(s.minute, 0)*minuteSeconds + next(s.second, 0)
}

// next is the first number from n on in a set, or -1.
func next(set uint64, n int64) int64 {
	if rest := set >> n; rest != 0 {
		return n + int64(bits.TrailingZeros64(rest))
	}
	return -1
}

// horizon is how many months are looked at. The rarest day, the fifth Monday
// of a February, lets 40 years go by, as 2100 is no leap year.
const horizon = 41 * 12

// matchDay is the first day from the given one on, in days since 1970-01-01,
// that fits the days, months and weekdays.
func (s *Schedule) matchDay(from int64) (int64, bool) {
	year, month, day := time.Unix(from*daySeconds, 0).UTC().Date()
	for range horizon {
		days := daysIn(year, month)
		if s.month>>month&1 == 1 {
			for d := day; d <= days; d++ {
				if s.fits(d, days, floorMod(from+int64(d-day)+int64(time.Thursday), 7)) {
					return from + int64(d-day), true
				}
			}
		}
		from += int64(days - day + 1)
		if day, month = 1, month+1; month > time.December {
			year, month = year+1, time.January
		}
	}
	return 0, false
}

// fits reports whether a day of a month with so many days is one of the spec's.
func (s *Schedule) fits(day, days int, weekday int64) bool {
	inMonth := s.day>>day&1 == 1 || day == days && s.day&1 == 1
	inWeek := s.weekday>>weekday&1 == 1 ||
		s.nth>>(int64(day-1)/7*7+weekday)&1 == 1 ||
		day > days-7 && s.nth>>(lastWeek*7+weekday)&1 == 1
	if s.either {
		return inMonth || inWeek
	}
	return inMonth && inWeek
}

func daysIn(year int, month time.Month) int {
	switch month {
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
