package cron

import (
	"testing"
	"time"
	_ "time/tzdata" // the rules are the same everywhere

	"github.com/google/go-cmp/cmp"
)

type changedClock struct {
	name, spec, zone string
	after            time.Time // in UTC
	want             []string
}

// In New York clocks went from 02:00 to 03:00 on 2024-03-10 and from 02:00 back
// to 01:00 on 2024-11-03; at Lord Howe from 02:00 to 02:30 on 2024-10-06 and
// back to 01:30 on 2024-04-07; in Asunción from 00:00 to 01:00 on 2023-10-01
// and from 00:00 back to 23:00 on 2024-03-24; Samoa had no 2011-12-30.
func changedClocks() []changedClock {
	const newYork, lordHowe, asuncion, apia = "America/New_York", "Australia/Lord_Howe", "America/Asuncion", "Pacific/Apia"
	return []changedClock{
		{
			"a time in the gap", "30 2 * * *", newYork, date(2024, 3, 9, 12),
			[]string{"03-10 03:00:00 -0400", "03-11 02:30:00 -0400"},
		}, {
			"several times in the gap are one", "*/10 2 * * *", newYork, date(2024, 3, 10, 6),
			[]string{"03-10 03:00:00 -0400", "03-11 02:00:00 -0400"},
		}, {
			"the gap's time is there by itself", "0 2,3 * * *", newYork, date(2024, 3, 10, 6),
			[]string{"03-10 03:00:00 -0400", "03-11 02:00:00 -0400", "03-11 03:00:00 -0400"},
		}, {
			"every hour, over the gap", "30 * * * *", newYork, date(2024, 3, 10, 6),
			[]string{"03-10 01:30:00 -0500", "03-10 03:30:00 -0400", "03-10 04:30:00 -0400"},
		}, {
			"every second hour, over the gap", "30 */2 * * *", newYork, date(2024, 3, 10, 5),
			[]string{"03-10 00:30:00 -0500", "03-10 03:00:00 -0400", "03-10 04:30:00 -0400"},
		}, {
			"a repeated time", "30 1 * * *", newYork, date(2024, 11, 3, 0),
			[]string{"11-03 01:30:00 -0400", "11-04 01:30:00 -0500"},
		}, {
			"a repeated time, asked for between its passes", "30 1 * * *", newYork, date(2024, 11, 3, 5).Add(45 * time.Minute),
			[]string{"11-04 01:30:00 -0500"},
		}, {
			"a repeated time, asked for at its second pass", "30 1 * * *", newYork, date(2024, 11, 3, 6),
			[]string{"11-04 01:30:00 -0500"},
		}, {
			"two repeated times", "0,30 1 * * *", newYork, date(2024, 11, 3, 0),
			[]string{"11-03 01:00:00 -0400", "11-03 01:30:00 -0400", "11-04 01:00:00 -0500"},
		}, {
			"every hour, repeated", "30 * * * *", newYork, date(2024, 11, 3, 5),
			[]string{"11-03 01:30:00 -0400", "11-03 01:30:00 -0500", "11-03 02:30:00 -0500"},
		}, {
			"an interval, repeated", "*/30 1 * * *", newYork, date(2024, 11, 3, 4),
			[]string{"11-03 01:00:00 -0400", "11-03 01:30:00 -0400", "11-03 01:00:00 -0500", "11-03 01:30:00 -0500", "11-04 01:00:00 -0500"},
		}, {
			"every second hour, repeated", "0 1-23/2 * * *", newYork, date(2024, 11, 3, 4),
			[]string{"11-03 01:00:00 -0400", "11-03 03:00:00 -0500"},
		}, {
			"@every does not look at clocks", "@every 30m", newYork, date(2024, 11, 3, 5),
			[]string{"11-03 01:30:00 -0400", "11-03 01:00:00 -0500", "11-03 01:30:00 -0500"},
		}, {
			"half an hour's gap", "15 2 * * *", lordHowe, date(2024, 10, 5, 12),
			[]string{"10-06 02:30:00 +1100", "10-07 02:15:00 +1100"},
		}, {
			"behind half an hour's gap", "45 2 * * *", lordHowe, date(2024, 10, 5, 12),
			[]string{"10-06 02:45:00 +1100"},
		}, {
			"half an hour, repeated", "45 1 * * *", lordHowe, date(2024, 4, 6, 12),
			[]string{"04-07 01:45:00 +1100", "04-08 01:45:00 +1030"},
		}, {
			"midnight in the gap", "@daily", asuncion, date(2023, 9, 30, 12),
			[]string{"10-01 01:00:00 -0300", "10-02 00:00:00 -0300"},
		}, {
			"the day's last hour, repeated", "59 23 * * *", asuncion, date(2024, 3, 23, 12),
			[]string{"03-23 23:59:00 -0300", "03-24 23:59:00 -0400"},
		}, {
			"a missing day", "0 12 * * *", apia, date(2011, 12, 29, 12),
			[]string{"12-29 12:00:00 -1000", "12-31 00:00:00 +1400", "12-31 12:00:00 +1400"},
		}, {
			"every hour, over a missing day", "0 * * * *", apia, date(2011, 12, 30, 8),
			[]string{"12-29 23:00:00 -1000", "12-31 00:00:00 +1400", "12-31 01:00:00 +1400"},
		},
	}
}

func TestChangedClocks(t *testing.T) {
	for _, tt := range changedClocks() {
		t.Run(tt.name, func(t *testing.T) {
			s := mustParse(t, tt.spec, tt.zone)
			var got []string
			for at := tt.after; len(got) < len(tt.want); {
				at = s.Next(at)
				got = append(got, at.Format("01-02 15:04:05 -0700"))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ticks (-want +got):\n%s", diff)
			}
		})
	}
}

func date(year int, month time.Month, day, hour int) time.Time {
	return time.Date(year, month, day, hour, 0, 0, 0, time.UTC)
}

func TestNextKeepsTheRestOfASecond(t *testing.T) {
	s := mustParse(t, "* * * * * *", "")
	for _, tt := range []struct{ after, want time.Duration }{
		{0, time.Second}, {1, time.Second}, {time.Second - 1, time.Second}, {time.Second, 2 * time.Second},
		{-1, 0}, {-time.Second, 0}, {-time.Second - 1, -time.Second},
	} {
		if got := s.Next(time.Unix(0, int64(tt.after))); !got.Equal(time.Unix(0, int64(tt.want))) {
			t.Errorf("after %v from the epoch: %v", tt.after, got)
		}
	}
}

func TestLatest(t *testing.T) {
	daily, every := mustParse(t, "30 2 * * *", "America/New_York"), mustParse(t, "@every 1500ms", "")
	tests := []struct {
		name         string
		schedule     *Schedule
		after, until time.Time
		want         time.Time
	}{
		{"none", daily, date(2024, 3, 9, 8), date(2024, 3, 10, 6), time.Time{}},
		{"at the end", daily, date(2024, 3, 1, 8), date(2024, 3, 10, 7), date(2024, 3, 10, 7)},
		{"one of many", daily, date(1970, 1, 2, 0), date(2024, 3, 10, 6), date(2024, 3, 9, 7).Add(30 * time.Minute)},
		{"the first is not one", daily, date(2024, 3, 10, 7), date(2024, 3, 11, 6), time.Time{}},
		{"an empty range", daily, date(2024, 3, 10, 7), date(2024, 3, 10, 7), time.Time{}},
		{"a range backwards", daily, date(2024, 3, 10, 7), date(2020, 3, 10, 7), time.Time{}},
		{"@every", every, time.UnixMilli(0), time.UnixMilli(4600), time.UnixMilli(4500)},
		{"@every, at the end", every, time.UnixMilli(3100), time.UnixMilli(4500), time.UnixMilli(4500)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.schedule.Latest(tt.after, tt.until); !got.Equal(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestNextAllocatesNothing(t *testing.T) {
	s := mustParse(t, "30 2 * * *", "America/New_York")
	at := date(2024, 3, 1, 0)
	if n := testing.AllocsPerRun(1000, func() { at = s.Next(at) }); n != 0 {
		t.Errorf("Next allocates %v times", n)
	}
}

func BenchmarkNext(b *testing.B) {
	for _, spec := range []string{"0 * * * *", "30 2 * * *", "0 0 29 2 *", "@every 90s"} {
		b.Run(spec, func(b *testing.B) {
			s := mustParse(b, spec, "America/New_York")
			b.ReportAllocs()
			for b.Loop() {
				at := date(2024, 3, 1, 0)
				for range 100 {
					at = s.Next(at)
				}
			}
		})
	}
}
