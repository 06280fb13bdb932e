package autoscaler

import (
	"fmt"
	"strings"
)

// String says what was decided and why, in words with numbers:
//
//	8 → 76: step in arrivals 6.4 → 62.6 erlang, 12 workers in start-up, predicted wait 17 s of 10 s
func (d Decision) String() string {
	var b strings.Builder
	if d.To == d.From {
		fmt.Fprintf(&b, "%d stay: ", d.From)
	} else {
		fmt.Fprintf(&b, "%d → %d: ", d.From, d.To)
	}
	b.WriteString(d.reason())
	if d.Starting > 0 {
		fmt.Fprintf(&b, ", %s in start-up", count(d.Starting, "worker"))
	}
	if d.Signals.QueuePressure.Value >= 0.05 {
		fmt.Fprintf(&b, ", predicted wait %s of %s", period(d.Wait), period(d.Target))
	}
	for _, c := range d.Caps {
		b.WriteString("; " + c.String())
	}
	return b.String()
}

// reason is the term's sentence.
func (d *Decision) reason() string {
	switch d.Term {
	case TermSteady:
		return d.arrivals()
	case TermPressure:
		return fmt.Sprintf("the backlog takes %s, %s", slots(d.Pressure), d.arrivals())
	case TermSchedule:
		return fmt.Sprintf("tasks that fall due soon take %s, %s", slots(d.Pressure), d.arrivals())
	case TermReserve:
		return fmt.Sprintf("reserve of %s for surprises like the last ones, %s", slots(d.Reserve), d.arrivals())
	case TermErrors:
		return "what fails or is slowed down is not answered with more workers"
	case TermMemory:
		return fmt.Sprintf("the memory bears %s", count(d.Wanted, "worker"))
	case TermBounds:
		if d.Wanted < d.To {
			return fmt.Sprintf("%d wanted, below min_workers", d.Wanted)
		}
		return fmt.Sprintf("%d wanted, beyond max_workers", d.Wanted)
	}
	switch {
	case d.Wanted > d.From:
		return fmt.Sprintf("%d wanted, not for long enough yet", d.Wanted)
	case d.Wanted < d.From:
		return fmt.Sprintf("%d wanted, and more a short while ago", d.Wanted)
	}
	return "nothing is measured yet"
}

func (d *Decision) arrivals() string {
	switch d.Change {
	case Step:
		return fmt.Sprintf("step in arrivals %.1f → %.1f erlang", d.Before, d.Offered)
	case Burst:
		return fmt.Sprintf("a heap of tasks over %.1f erlang", d.Offered)
	case Shift:
		return fmt.Sprintf("arrivals drifted %.1f → %.1f erlang", d.Before, d.Offered)
	}
	return fmt.Sprintf("%.1f erlang take %s", d.Offered, slots(d.Steady))
}

// String says which type is held, at what, and why.
func (c Cap) String() string {
	switch {
	case c.Brake == TermMemory:
		return fmt.Sprintf("%s takes %.0f MB, at most %d at a time", c.Type, c.NeedMB, c.Limit)
	case c.Rate == 0:
		return fmt.Sprintf("%s recovers, at most %d at a time", c.Type, c.Limit)
	}
	return fmt.Sprintf("%s fails %.0f %%, at most %d at a time", c.Type, 100*c.Rate, c.Limit)
}

func slots(n float64) string { return fmt.Sprintf("%.1f slots", n) }

func period(seconds float64) string {
	switch {
	case seconds < 1:
		return fmt.Sprintf("%.0f ms", 1000*seconds)
	case seconds < 10:
		return fmt.Sprintf("%.1f s", seconds)
	}
	return fmt.Sprintf("%.0f s", seconds)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
