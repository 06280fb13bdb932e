package cron

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// A draft is a random spec together with what it means, written down as
// numbers and not as rules: the oracle knows nothing of the parser.
type draft struct {
	text                                     [6]string
	second, minute, hour, day, month, weekly map[int]bool
	lastDay                                  bool
	interval                                 bool // in the minutes or seconds
}

var (
	monthNames   = strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec")
	weekdayNames = strings.Fields("sun mon tue wed thu fri sat")
)

// newDraft likes an hour.
func newDraft(r *rand.Rand, hour int) *draft {
	d := &draft{}
	var interval [6]bool
	column := func(i, low, high, rare int, names []string) map[int]bool {
		var set map[int]bool
		d.text[i], set, interval[i] = list(r, low, high, rare, names)
		return set
	}
	d.second = map[int]bool{0: true}
	d.text[0] = "0"
	if r.IntN(4) == 0 {
		d.second = column(0, 0, 59, 8, nil)
	}
	d.minute = column(1, 0, 59, 3, nil)
	if r.IntN(2) == 0 {
		n := r.IntN(60)
		d.text[1], d.minute, interval[1] = fmt.Sprint(n), map[int]bool{n: true}, false
	}
	d.hour = column(2, 0, 23, 2, nil)
	if r.IntN(2) == 0 {
		d.text[2], d.hour = fmt.Sprintf("%d,0", hour), map[int]bool{hour: true, 0: true}
	}
	d.day = column(3, 1, 31, 1, nil)
	if r.IntN(8) == 0 {
		d.text[3], d.day, d.lastDay = "L", map[int]bool{}, true
	}
	d.month = column(4, 1, 12, 0, monthNames)
	d.weekly = column(5, 0, 6, 1, weekdayNames)
	d.interval = interval[0] || interval[1]
	return d
}

// list makes a column: * often, and the less often, the rarer it should be.
func list(r *rand.Rand, low, high, rare int, names []string) (text string, set map[int]bool, interval bool) {
	set = map[int]bool{}
	fill := func(a, b, step int) {
		for n := a; n <= b; n += step {
			set[n] = true
		}
	}
	number := func(n int) string {
		if names != nil && r.IntN(2) == 0 {
			return names[n-low]
		}
		return fmt.Sprint(n)
	}
	if r.IntN(rare+2) == 0 || rare == 0 && r.IntN(4) > 0 {
		fill(low, high, 1)
		return "*", set, true
	}
	var parts []string
	for range 1 + r.IntN(3) {
		a, b := low+r.IntN(high-low+1), low+r.IntN(high-low+1)
		a, b = min(a, b), max(a, b)
		step := 1 + r.IntN(high-low)
		switch r.IntN(6) {
		case 0:
			fill(a, b, 1)
			parts = append(parts, number(a)+"-"+number(b))
			interval = true
		case 1:
			fill(low, high, step)
			parts = append(parts, fmt.Sprintf("*/%d", step))
			interval = true
		case 2:
			fill(a, b, step)
			parts = append(parts, fmt.Sprintf("%s-%s/%d", number(a), number(b), step))
			interval = true
		default:
			fill(a, a, 1)
			parts = append(parts, number(a))
		}
	}
	return strings.Join(parts, ","), set, interval
}

// fits is the meaning of the fields for what a clock shows.
func (d *draft) fits(shown int64) bool {
	if len(d.second) == 1 && shown%60 != 0 && d.second[0] {
		return false // as most are; this is for speed only
	}
	wall := time.Unix(shown, 0).UTC()
	if !d.second[wall.Second()] || !d.minute[wall.Minute()] || !d.hour[wall.Hour()] || !d.month[int(wall.Month())] {
		return false
	}
	inMonth := d.day[wall.Day()] || d.lastDay && wall.AddDate(0, 0, 1).Day() == 1
	inWeek := d.weekly[int(wall.Weekday())]
	if len(d.day) < 31 && len(d.weekly) < 7 {
		return inMonth || inWeek
	}
	return inMonth && inWeek
}

// shown is what a zone's clocks show at an instant, as if they were in UTC.
func shown(zone *time.Location, unix int64) int64 {
	_, offset := time.Unix(unix, 0).In(zone).Zone()
	return unix + int64(offset)
}

// run lists the ticks from one second to another (not included) by looking at
// each second, and at six hours before them: more than clocks were put back.
func (d *draft) run(zone *time.Location, from, to int64) (list []int64) {
	const warmUp = 6 * 60 * 60
	hourly := len(d.hour) == 24
	seen := shown(zone, from-warmUp-1) // the latest that clocks have shown
	before := seen
	for unix := from - warmUp; unix < to; unix++ {
		wall := shown(zone, unix)
		fires := d.fits(wall) && (wall > seen || hourly || d.interval)
		for skipped := before + 1; skipped < wall && !hourly && !fires; skipped++ {
			fires = d.fits(skipped)
		}
		if fires && unix >= from {
			list = append(list, unix)
		}
		before, seen = wall, max(seen, wall)
	}
	return list
}

// Changes of clocks from 1970 on, a day around each of which is looked at.
func changes(zone *time.Location) (list []int64) {
	for at := time.Unix(0, 0).In(zone); at.Year() < 2040; {
		_, at = at.ZoneBounds()
		if at.IsZero() {
			break
		}
		list = append(list, at.Unix())
	}
	return append(list, time.Date(2025, 7, 1, 12, 0, 0, 0, time.UTC).Unix())
}

var zones = []string{
	"UTC", "America/New_York", "Europe/Paris", "Europe/Dublin", "Australia/Lord_Howe", "Africa/Casablanca", "America/Asuncion",
	"Pacific/Apia", "Pacific/Kwajalein", "Asia/Kathmandu", "Africa/Monrovia", "America/Caracas", "Antarctica/Troll",
}

func TestNextAgainstOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	rounds := 120
	if testing.Short() {
		rounds = 40
	}
	total := 0
	for range rounds {
		name := zones[r.IntN(len(zones))]
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		points := changes(zone)
		change := points[r.IntN(len(points))]
		d := newDraft(r, time.Unix(change-int64(r.IntN(3600)), 0).In(zone).Hour())
		s, err := Parse(strings.Join(d.text[:], " "), zone)
		if err != nil {
			if !strings.Contains(err.Error(), "never runs") {
				t.Fatal(err)
			}
			continue
		}
		from, to := change-int64(r.IntN(50000)), change+int64(r.IntN(50000))
		want := d.run(zone, from, to)
		var got []int64
		for at := s.Next(time.Unix(from-1, 0)); at.Unix() < to; at = s.Next(at) {
			got = append(got, at.Unix())
		}
		total += len(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%s in %s, from %v to %v:\n%s", s, name, time.Unix(from, 0).In(zone), time.Unix(to, 0).In(zone), difference(got, want, zone))
		}
	}
	if total < rounds {
		t.Errorf("only %d ticks: the test is too easy", total)
	}
}

func difference(got, want []int64, zone *time.Location) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	show := func(list []int64) (text string) {
		for _, unix := range list[i:min(i+4, len(list))] {
			text += time.Unix(unix, 0).In(zone).Format("\n\t2006-01-02 15:04:05 -0700")
		}
		return text
	}
	return fmt.Sprintf("%d ticks, want %d; from number %d on\ngot:%s\nwant:%s", len(got), len(want), i, show(got), show(want))
}

// Next, asked from anywhere, gives the tick that a walk comes to.
func TestNextFromAnywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		s, err := Parse(strings.Join(newDraft(r, r.IntN(24)).text[:], " "), nil)
		if err != nil {
			continue
		}
		if s.zone, err = time.LoadLocation(zones[r.IntN(len(zones))]); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(r.Int64N(2_000_000_000), r.Int64N(1e9))
		a := s.Next(at)
		b := s.Next(a)
		if !a.After(at) || !b.After(a) {
			t.Fatalf("%s: %v, %v, %v", s, at, a, b)
		}
		between := at.Add(time.Duration(r.Int64N(int64(a.Sub(at)))))
		if got := s.Next(between); !got.Equal(a) {
			t.Errorf("%s: from %v: %v, from %v: %v", s, at, a, between, got)
		}
		if got := s.Latest(at, b.Add(-1)); !got.Equal(a) {
			t.Errorf("%s: the latest from %v on before %v is %v, want %v", s, at, b, got, a)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, spec := range []string{
		"* * * * *", "*/5 1-3,7 L * MON#2", "0 0 0 29 2 ?", "@every 1h30m", "@daily", "0 0 * jan-dec/3 friL", "0 22-2 * * *", "1,, ɐL # / -",
	} {
		f.Add(spec, int64(1_700_000_000), uint8(1))
	}
	f.Fuzz(func(t *testing.T, spec string, unix int64, n uint8) {
		zone, err := time.LoadLocation(zones[int(n)%len(zones)])
		if err != nil {
			t.Fatal(err)
		}
		s, err := Parse(spec, zone)
		if err != nil {
			if bad := err.(*Error); bad.Offset < 0 || bad.Offset > len(spec) || bad.Problem == "" {
				t.Errorf("%+v", bad)
			}
			return
		}
		at := time.Unix(unix%200_000_000_000, 0) // to the year 8307
		for range 3 {
			next := s.Next(at)
			if !next.After(at) || next.Sub(at) > 42*366*24*time.Hour {
				t.Fatalf("%q: after %v comes %v", spec, at, next)
			}
			at = next
		}
	})
}
