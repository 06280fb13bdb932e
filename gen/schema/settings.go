package schema

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/gen/model"
)

// Settings says in words what is known of a task; what the queue says is left
// out.
func Settings(t *model.Task) [][2]string {
	var rows [][2]string
	add := func(name, text string) {
		if text != "" {
			rows = append(rows, [2]string{name, text})
		}
	}
	var was []string
	for _, a := range t.Was {
		was = append(was, a.Wire)
	}
	add("was", strings.Join(was, ", "))
	if t.Version > 1 {
		add("version", versions(t))
	}
	add("run by", runner(t))
	add("result", result(t))
	s := t.Settings
	add("queue", queue(t))
	if s.Priority != nil {
		add("priority", *s.Priority)
	}
	if s.Retries != nil {
		add("retries", strconv.Itoa(*s.Retries))
	}
	add("retry after", retryAfter(t))
	add("timeout", span(s.Timeout, "none"))
	add("retention", span(t.Retention(), "none"))
	add("expires", span(s.Expires, "never"))
	add("memory of a run", size(s.Memory))
	add("rate", rate(s.Limit.Rate))
	add("concurrency", count(s.Limit.Concurrency))
	if t.Key != nil {
		add("key", t.Key.Name)
	}
	add("rate of a key", rate(s.Limit.KeyRate))
	add("concurrency of a key", count(s.Limit.KeyConcurrency))
	add("batch", batch(t.Batch))
	add("unique", unique(t.Unique))
	add("recurs", recurs(t.Cron))
	return rows
}

func versions(t *model.Task) string {
	text := strconv.Itoa(t.Version)
	if len(t.Older) == 0 {
		return text
	}
	var older []string
	for _, o := range t.Older {
		older = append(older, fmt.Sprintf("%d (%s)", o.Version, o.Name))
	}
	return text + "; reads " + strings.Join(older, ", ")
}

func runner(t *model.Task) string {
	if t.Execute {
		return "its own Execute"
	}
	return "the method " + t.Name + " of Handler"
}

func result(t *model.Task) string {
	if t.Result == nil {
		return ""
	}
	return t.Result.Type.Spell(shortName)
}

func queue(t *model.Task) string {
	switch {
	case t.Methods.Queue:
		return "what its Queue method says"
	case t.Settings.Queue != nil:
		return *t.Settings.Queue
	}
	return "default"
}

// span is a duration, or a word for zero.
func span(d *time.Duration, zero string) string {
	switch {
	case d == nil:
		return ""
	case *d == 0:
		return zero
	}
	return brief(*d)
}

// brief writes a duration without units that are zero: 1h, not 1h0m0s.
func brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func retryAfter(t *model.Task) string {
	if t.Methods.RetryDelay {
		return "what its RetryDelay method says"
	}
	return backoff(t.Settings.Backoff)
}

func backoff(b *model.Backoff) string {
	switch {
	case b == nil:
		return ""
	case len(b.Intervals) > 0:
		var all []string
		for _, d := range b.Intervals {
			all = append(all, brief(d))
		}
		return strings.Join(all, ", ") + spread(b)
	case b.Factor == 1:
		return brief(b.Base) + spread(b)
	}
	text := "pauses that grow"
	if b.Base > 0 {
		text += " from " + brief(b.Base)
	}
	if b.Factor > 0 {
		text += fmt.Sprintf(" by a factor of %v", b.Factor)
	}
	if b.Max > 0 {
		text += " up to " + brief(b.Max)
	}
	return text + spread(b)
}

func spread(b *model.Backoff) string {
	if b.Jitter == 0 {
		return ""
	}
	return fmt.Sprintf(", ±%v %%", b.Jitter*100)
}

// size writes bytes in their largest whole unit.
func size(n *int64) string {
	if n == nil {
		return ""
	}
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1e9, "GB"}, {1e6, "MB"}} {
		if *n%u.size == 0 {
			return fmt.Sprintf("%d %s", *n/u.size, u.name)
		}
	}
	return fmt.Sprintf("%d bytes", *n)
}

func rate(r model.Rate) string {
	if r.N == 0 {
		return ""
	}
	text := fmt.Sprintf("%d in %s", r.N, brief(r.Period))
	if r.Burst > 1 {
		text += fmt.Sprintf(", up to %d at once", r.Burst)
	}
	return text
}

func count(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func batch(b model.Batch) string {
	if b.Max == 0 {
		return ""
	}
	text := fmt.Sprintf("up to %d tasks in one call", b.Max)
	if b.Linger > 0 {
		text += ", waiting " + brief(b.Linger) + " for them"
	}
	return text
}

func unique(u *model.Unique) string {
	if u == nil {
		return ""
	}
	text := "payload"
	if !u.Payload {
		var names []string
		for _, f := range u.Fields {
			names = append(names, f.Name)
		}
		text = strings.Join(names, ", ")
	}
	if u.Within > 0 {
		return text + ", for " + brief(u.Within)
	}
	return text + ", until it has ended"
}

func recurs(c *model.Cron) string {
	if c == nil {
		return ""
	}
	text := c.Spec
	if c.Zone != "" {
		text += ", " + c.Zone
	}
	if c.Missed == "once" || c.Missed == "all" {
		text += ", missed ticks: " + c.Missed
	}
	return text
}

// Notes are what the tags of a field say.
func Notes(f *model.Field) []string {
	var notes []string
	for _, n := range []struct {
		text string
		has  bool
	}{
		{"field " + f.Name, f.Wire != f.Name},
		{"unique", f.Unique}, {"key", f.Key}, {"secret", f.Secret}, {"optional", f.Optional}, {"copied", f.Copy},
		{fmt.Sprintf("len ≤ %d", f.Max), f.Max > 0},
	} {
		if n.has {
			notes = append(notes, n.text)
		}
	}
	return notes
}
