package tq

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// rateText is a rate as --rate takes it.
func rateText(r taskqueue.Rate) string {
	switch r.Period {
	case 0:
		return ""
	case time.Second:
		return fmt.Sprintf("%d/s", r.N)
	case time.Minute:
		return fmt.Sprintf("%d/m", r.N)
	case time.Hour:
		return fmt.Sprintf("%d/h", r.N)
	}
	return fmt.Sprintf("%d/%v", r.N, r.Period)
}

// parseRate reads N/s, N/m, N/h or N/DURATION.
func parseRate(text string) (r taskqueue.Rate, err error) {
	n, period, found := strings.Cut(text, "/")
	if r.N, err = strconv.ParseInt(n, 10, 64); err != nil || !found || r.N < 1 {
		return r, fmt.Errorf("%q is no rate such as 10/s, 600/m or 5/90s", text)
	}
	units := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}
	if r.Period = units[period]; r.Period != 0 {
		return r, nil
	}
	if r.Period, err = time.ParseDuration(period); err != nil {
		return r, fmt.Errorf("%q: %q is neither s, m, h nor a duration", text, period)
	}
	return r, nil
}

// instant reads an instant, or how long ago it was ("90m").
func instant(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return time.Now().Add(-d), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("--%s: %q is neither a time like 2026-01-31T12:00:00Z nor a duration like 90m", flag, text)
	}
	return t, nil
}
