package cron

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ticks are the next n ticks after an instant, as the zone's clocks show them.
func ticks(s *Schedule, after time.Time, n int) (list []string) {
	for range n {
		after = s.Next(after)
		list = append(list, after.Format("2006-01-02 15:04:05"))
	}
	return list
}

func mustParse(t testing.TB, spec, zone string) *Schedule {
	t.Helper()
	location, err := Zone(zone)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(spec, location)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Saturday.
var start = time.Date(2028, time.January, 1, 0, 0, 0, 0, time.UTC)

func TestSpecs(t *testing.T) {
	tests := []struct {
		spec string
		want []string // the next ticks after start
	}{
		{"* * * * *", []string{"2028-01-01 00:01:00", "2028-01-01 00:02:00"}},
		{"* * * * * *", []string{"2028-01-01 00:00:01", "2028-01-01 00:00:02"}},
		{"30 5 0 * * *", []string{"2028-01-01 00:05:30", "2028-01-02 00:05:30"}},
		{"*/25 0 * * *", []string{"2028-01-01 00:25:00", "2028-01-01 00:50:00", "2028-01-02 00:00:00"}},
		{"10/25 0 * * *", []string{"2028-01-01 00:10:00", "2028-01-01 00:35:00", "2028-01-02 00:10:00"}},
		{"10-20/5 9 * * *", []string{"2028-01-01 09:10:00", "2028-01-01 09:15:00", "2028-01-01 09:20:00", "2028-01-02 09:10:00"}},
		{"1,3,5-6 * * * *", []string{"2028-01-01 00:01:00", "2028-01-01 00:03:00", "2028-01-01 00:05:00", "2028-01-01 00:06:00", "2028-01-01 01:01:00"}},
		{"0 6 * * 1", []string{"2028-01-03 06:00:00", "2028-01-10 06:00:00"}},
		{"0 6 * * mon", []string{"2028-01-03 06:00:00"}},
		{"0 6 * * 7", []string{"2028-01-02 06:00:00", "2028-01-09 06:00:00"}},
		{"0 6 * * 0", []string{"2028-01-02 06:00:00", "2028-01-09 06:00:00"}},
		{"0 6 * * SAT-SUN", []string{"2028-01-01 06:00:00", "2028-01-02 06:00:00", "2028-01-08 06:00:00"}},
		{"0 6 * * 5-7", []string{"2028-01-01 06:00:00", "2028-01-02 06:00:00", "2028-01-07 06:00:00"}},
		{"0 6 * * 1/2", []string{"2028-01-03 06:00:00", "2028-01-05 06:00:00", "2028-01-07 06:00:00", "2028-01-10 06:00:00"}},
		{"0 0 13 * FRI", []string{"2028-01-07 00:00:00", "2028-01-13 00:00:00", "2028-01-14 00:00:00"}},
		{"0 0 13 * ?", []string{"2028-01-13 00:00:00", "2028-02-13 00:00:00"}},
		{"0 0 ? * FRI", []string{"2028-01-07 00:00:00", "2028-01-14 00:00:00"}},
		{"0 0 1-31 * FRI", []string{"2028-01-07 00:00:00", "2028-01-14 00:00:00"}},
		{"0 0 */10 * *", []string{"2028-01-11 00:00:00", "2028-01-21 00:00:00", "2028-01-31 00:00:00", "2028-02-01 00:00:00"}},
		{"0 0 1 JAN,jul *", []string{"2028-07-01 00:00:00", "2029-01-01 00:00:00"}},
		{"0 0 1 OCT-DEC/2 *", []string{"2028-10-01 00:00:00", "2028-12-01 00:00:00", "2029-10-01 00:00:00"}},
		{"0 0 29 2 *", []string{"2028-02-29 00:00:00", "2032-02-29 00:00:00"}},
		{"0 0 31 * *", []string{"2028-01-31 00:00:00", "2028-03-31 00:00:00", "2028-05-31 00:00:00"}},
		{"0 0 L * *", []string{"2028-01-31 00:00:00", "2028-02-29 00:00:00", "2028-03-31 00:00:00", "2028-04-30 00:00:00"}},
		{"0 0 15,l 2 *", []string{"2028-02-15 00:00:00", "2028-02-29 00:00:00", "2029-02-15 00:00:00", "2029-02-28 00:00:00"}},
		{"0 0 * * MON#1", []string{"2028-01-03 00:00:00", "2028-02-07 00:00:00", "2028-03-06 00:00:00"}},
		{"0 0 * * SAT#1,7#5", []string{"2028-01-30 00:00:00", "2028-02-05 00:00:00"}},
		{"0 0 * 2 TUE#5", []string{"2028-02-29 00:00:00", "2056-02-29 00:00:00", "2084-02-29 00:00:00", "2124-02-29 00:00:00"}},
		{"0 0 * * friL", []string{"2028-01-28 00:00:00", "2028-02-25 00:00:00", "2028-03-31 00:00:00"}},
		{"@yearly", []string{"2029-01-01 00:00:00"}},
		{"@annually", []string{"2029-01-01 00:00:00"}},
		{"@monthly", []string{"2028-02-01 00:00:00"}},
		{"@weekly", []string{"2028-01-02 00:00:00"}},
		{"@daily", []string{"2028-01-02 00:00:00"}},
		{"@midnight", []string{"2028-01-02 00:00:00"}},
		{" @Hourly\t", []string{"2028-01-01 01:00:00", "2028-01-01 02:00:00"}},
		{"@every 90s", []string{"2028-01-01 00:01:30", "2028-01-01 00:03:00"}},
		{"@every 1h30m", []string{"2028-01-01 01:30:00"}},
		{"@every 7s", []string{"2028-01-01 00:00:02", "2028-01-01 00:00:09"}}, // 1830297602 = 7·261471086
	}
	for _, tt := range tests {
		t.Run(tt.spec, func(t *testing.T) {
			s := mustParse(t, tt.spec, "")
			if diff := cmp.Diff(tt.want, ticks(s, start, len(tt.want))); diff != "" {
				t.Errorf("ticks (-want +got):\n%s", diff)
			}
			if s.String() != tt.spec || s.Zone() != time.UTC {
				t.Errorf("it calls itself %q in %v", s, s.Zone())
			}
		})
	}
}

func TestBadSpecs(t *testing.T) {
	tests := []struct{ spec, want string }{
		{"", `byte 0: the spec is empty; use five fields, such as "0 6 * * MON"`},
		{" \t", `byte 0: the spec is empty; use five fields, such as "0 6 * * MON"`},
		{"* * * *", `byte 7: the spec has only 4 fields; use five (minute hour day month weekday), or six with the second first`},
		{"0 0 0 1 1 * 2028", `byte 12: the spec has 7 fields; there is none for the year; use five (minute hour day month weekday), or six with the second first`},
		{"61 * * * *", "byte 0: minute 61 is outside 0 to 59"},
		{"60 * * * *", "byte 0: minute 60 is outside 0 to 59; the full hour is 0"},
		{"60 0 * * * *", "byte 0: second 60 is outside 0 to 59; the full minute is 0"},
		{"0 24 * * *", "byte 2: hour 24 is outside 0 to 23; midnight is hour 0"},
		{"0 0 0 * *", "byte 4: day 0 is outside 1 to 31"},
		{"0 0 1,32 * *", "byte 6: day 32 is outside 1 to 31"},
		{"0 0 * 13 *", "byte 6: month 13 is outside 1 to 12"},
		{"0  0 * * 8", "byte 9: weekday 8 is outside 0 to 7"},
		{"99999999999999999999 * * * *", "byte 0: minute 99999999999999999999 is outside 0 to 59"},
		{"-1 * * * *", "byte 0: the minute is missing; use 0 to 59"},
		{"+1 * * * *", `byte 0: "+1" is no minute; use 0 to 59`},
		{"1- * * * *", "byte 2: the minute is missing; use 0 to 59"},
		{"1-2-3 * * * *", `byte 2: "2-3" is no minute; use 0 to 59`},
		{"1,,2 * * * *", "byte 2: an element of the minute is empty"},
		{"1, * * * *", "byte 2: an element of the minute is empty"},
		{"0 22-2 * * *", "byte 2: the hour range 22-2 runs backwards; write 22-23,0-2"},
		{"0 0 * * FRI-MON", "byte 8: the weekday range FRI-MON runs backwards; write 5-6,0-1"},
		{"*/0 * * * *", `byte 2: the minute step "0" is outside 1 to 59`},
		{"*/ * * * *", `byte 2: the minute step "" is outside 1 to 59`},
		{"*/+5 * * * *", `byte 2: the minute step "+5" is outside 1 to 59`},
		{"*/5/5 * * * *", `byte 2: the minute step "5/5" is outside 1 to 59`},
		{"*/90 * * * *", `byte 2: the minute step "90" is outside 1 to 59; for every 90m use @every 90m`},
		{"0 */36 * * *", `byte 4: the hour step "36" is outside 1 to 23; for every 36h use @every 36h`},
		{"0 ? * * *", `byte 2: "?" is no hour; use 0 to 23`},
		{"** * * * *", `byte 0: "**" is no minute; use 0 to 59`},
		{"0 0 * * MONDAY", `byte 8: "MONDAY" is no weekday; did you mean MON?`},
		{"0 0 * * TUES", `byte 8: "TUES" is no weekday; did you mean TUE?`},
		{"0 0 * * WDE", `byte 8: "WDE" is no weekday; did you mean WED?`},
		{"0 0 * * XYZ", `byte 8: "XYZ" is no weekday; use 0 to 6 or SUN to SAT`},
		{"0 0 * SETP *", `byte 6: "SETP" is no month; did you mean SEP?`},
		{"0 0 * MON *", "byte 6: MON is a weekday, in the place of the month; the order is [second] minute hour day month weekday"},
		{"0 0 * * JUL", "byte 8: JUL is a month, in the place of the weekday; the order is [second] minute hour day month weekday"},
		{"0 0 L-3 * *", "byte 4: L-3 is not supported: of the days counted from the end only L is; let the task itself decide, on a wider spec"},
		{"0 0 15W * *", "byte 4: 15W is not supported: of the days counted from the end only L is; let the task itself decide, on a wider spec"},
		{"0 0 * * L", "byte 8: the last weekday of what; write SAT for Saturday or FRIL for the last Friday"},
		{"0 0 * * ⱯL", `byte 8: "Ɐ" is no weekday; use 0 to 6 or SUN to SAT`},
		{"0 0 * * ɐL", `byte 8: "ɐ" is no weekday; use 0 to 6 or SUN to SAT`},
		{"0 0 * * MON#6", `byte 12: "#6" is outside #1 to #5; write FRIL for the last Friday`},
		{"0 0 * * MON#", `byte 12: "#" is outside #1 to #5; write FRIL for the last Friday`},
		{"0 0 * * 9#1", "byte 8: weekday 9 is outside 0 to 7"},
		{"0 0 30 2 *", "byte 4: the spec never runs: no month 2 has a day 30"},
		{"0 0 31 FEB,apr *", "byte 4: the spec never runs: no month FEB,apr has a day 31"},
		{"@dialy", "byte 0: @dialy does not exist; there are @every, @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly; did you mean @daily?"},
		{"@reboot", "byte 0: @reboot does not exist; there are @every, @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly"},
		{"@daily 5", "byte 7: nothing may follow @daily"},
		{"@every", "byte 0: @every needs one duration, such as 90s or 1h30m"},
		{"@every 5 minutes", "byte 0: @every needs one duration, such as 90s or 1h30m"},
		{"@every 90", "byte 7: 90 has no unit; write 90s for seconds or 90m for minutes"},
		{"@every 1d", "byte 7: 1d is not a duration; use h, m, s and ms, such as 90s or 1h30m; a day is 24h"},
		{"@every 999ms", "byte 7: 999ms is outside 1s to 87600h0m0s"},
		{"@every 87601h", "byte 7: 87601h is outside 1s to 87600h0m0s"},
		{"@every -5s", "byte 7: -5s is outside 1s to 87600h0m0s"},
		{"@every 1s1us", "byte 7: 1s1us is not a whole number of milliseconds"},
		{"CRON_TZ=Asia/Tokyo 0 0 * * *", "byte 0: a time zone does not belong in the spec; give the zone apart, without CRON_TZ=Asia/Tokyo"},
		{strings.Repeat("1,", 300), "byte 512: the spec has 600 bytes, at most 512 are allowed"},
	}
	for _, tt := range tests {
		t.Run(tt.spec, func(t *testing.T) {
			_, err := Parse(tt.spec, nil)
			var bad *Error
			if !errors.As(err, &bad) {
				t.Fatalf("the error is %v", err)
			}
			_, got, _ := strings.Cut(bad.Error(), `": `)
			if got != tt.want {
				t.Errorf("the error is\n%s, want\n%s", got, tt.want)
			}
			if bad.Spec != tt.spec {
				t.Errorf("it is about %q", bad.Spec)
			}
		})
	}
}

func TestZone(t *testing.T) {
	for name, want := range map[string]string{"": "UTC", "UTC": "UTC", "Europe/Paris": "Europe/Paris"} {
		if zone, err := Zone(name); err != nil || zone.String() != want {
			t.Errorf("Zone(%q) = %v, %v", name, zone, err)
		}
	}
	for name, want := range map[string]string{
		"Local":       "is another one on each machine",
		"Europe/Pari": `"Europe/Pari" is not known; use an IANA name`,
		"../../etc":   "is not known",
	} {
		if _, err := Zone(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Zone(%q): %v", name, err)
		}
	}
}
