package console

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Count is a number with its noun.
func Count[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Span is a duration in two digits or so.
func Span(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + Span(-d)
	case d == 0:
		return "0"
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + "µs"
	case d < 10*time.Millisecond:
		return strconv.FormatFloat(d.Seconds()*1000, 'f', 1, 64) + "ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	case d < time.Hour:
		return plain(d.Round(time.Second))
	case d < 48*time.Hour:
		return plain(d.Round(time.Minute))
	}
	return strconv.FormatInt(int64(d/(24*time.Hour)), 10) + "d"
}

// plain leaves out seconds and minutes that are 0.
func plain(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// Ago is how long ago an instant was, or how far it is ahead.
func Ago(t, now time.Time) string {
	switch d := now.Sub(t); {
	case t.IsZero():
		return "-"
	case d < 0:
		return "in " + Span(-d)
	default:
		return Span(d) + " ago"
	}
}

// Number marks what should be none.
func Number(n int64, look Look) Cell {
	if n == 0 {
		return Cell{Text: "0", Look: Faint}
	}
	return Cell{Text: strconv.FormatInt(n, 10), Look: look}
}

// Short cuts a text to a width.
func Short(s string, width int) string {
	line, _, cut := strings.Cut(s, "\n")
	runes := []rune(line)
	if len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	if cut {
		return line + " …"
	}
	return line
}

// Thousands is a number with commas.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
