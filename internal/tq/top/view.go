package top

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// lowHeight is when there is no room for everything.
const lowHeight = 16

const rateSpan = 5 // seconds: what rates are of

// View implements tea.Model.
func (m Model) View() tea.View {
	v := tea.NewView(m.Text())
	v.AltScreen = true
	v.WindowTitle = "tq top"
	return v
}

// Text is the whole screen.
func (m Model) Text() string {
	head := m.head()
	foot := m.foot()
	if low := m.height < lowHeight && len(head) > 4; low {
		head = slices.Concat(head[:3], head[len(head)-1:])
	}
	body := m.body(max(3, m.height-len(head)-len(foot)))
	return strings.Join(slices.Concat(head, body, foot), "\n")
}

// Report is the screen for who has none: every row, and no keys.
func (m Model) Report() string {
	m.selected = -1
	lines := slices.Concat(m.head(), m.body(max(3, m.rows()+1)))
	return strings.TrimRight(strings.Join(lines, "\n"), "\n ")
}

func (m Model) paint(look console.Look, text string) string {
	if m.colours {
		return look.Paint(text)
	}
	return text
}

// head are the lines about everything.
func (m Model) head() []string {
	s := m.now()
	if s.At.IsZero() {
		return []string{m.paint(console.Bold, "tq top") + "  " + m.title, "", m.waiting(), ""}
	}
	t := s.sums()
	r := allRates(m.back(rateSpan), s)
	oldest := "none"
	if !t.oldest.IsZero() {
		oldest = console.Span(max(0, s.At.Sub(t.oldest)))
	}
	number := func(n int64, look console.Look) string {
		if n == 0 {
			look = console.Faint
		}
		return m.paint(look, console.Thousands(n))
	}
	return []string{
		m.paint(console.Bold, "tq top") + "  " + m.title + "  " + m.paint(console.Faint, s.At.Format(time.TimeOnly)),
		fmt.Sprintf("backlog %s   oldest %s   active %s   scheduled %s   parked %s   dead %s", number(t.pending, console.Bold), oldest,
			number(t.active, console.Good), number(t.scheduled, console.Plain), number(t.parked, console.Warn), number(t.dead, console.Bad)),
		fmt.Sprintf("in %.1f/s   done %.1f/s   failed %.1f/s   %s", r.in, r.done, r.failed, m.paint(console.Good, m.curve(40))),
		m.times(),
		fmt.Sprintf("%s, %d of %d slots busy", console.Count(len(s.Workers), "worker"), t.busy, t.slots) + m.waiting(),
		"",
		m.tabs(),
	}
}

// waiting says that the store does not answer.
func (m Model) waiting() string {
	switch {
	case m.err != nil:
		return "   " + m.paint(console.Bad, "the store does not answer: "+m.err.Error())
	case len(m.history) == 0:
		return "looking…"
	}
	return ""
}

// times are the percentiles of the last minute, of all kinds together.
func (m Model) times() string {
	var wait, run taskqueue.Durations
	for _, k := range recent(m.back(kept), m.now()) {
		wait.Merge(k.Wait)
		run.Merge(k.Run)
	}
	if wait.Count == 0 {
		return "wait and run: nothing was measured yet"
	}
	return "wait " + percentiles(&wait) + "   run " + percentiles(&run)
}

func percentiles(d *taskqueue.Durations) string {
	return fmt.Sprintf("p50 %s p95 %s p99 %s", console.Span(d.Quantile(0.5)), console.Span(d.Quantile(0.95)), console.Span(d.Quantile(0.99)))
}

// curve draws what was done in each of the last seconds.
func (m Model) curve(width int) string {
	const steps = "▁▂▃▄▅▆▇█"
	var done []float64
	for i := max(1, len(m.history)-width); i < len(m.history); i++ {
		done = append(done, allRates(&m.history[i-1], &m.history[i]).done)
	}
	if len(done) == 0 {
		return ""
	}
	top := max(slices.Max(done), 1)
	var b strings.Builder
	for _, d := range done {
		b.WriteRune([]rune(steps)[int(d/top*7)])
	}
	return b.String()
}

func (m Model) tabs() string {
	var parts []string
	for p := range pages {
		if p == m.page {
			parts = append(parts, m.paint(console.Bold, "["+pageNames[p]+"]"))
		} else {
			parts = append(parts, m.paint(console.Faint, " "+pageNames[p]+" "))
		}
	}
	if m.page == deadPage {
		parts = append(parts, m.paint(console.Bold, "["+pageNames[deadPage]+" of "+m.queue+"]"))
	}
	return strings.Join(parts, " ")
}

func (m Model) foot() []string {
	// The first ones are to be seen on a narrow terminal, too.
	keys := "q quit   tab page   ↑↓ select   enter dead letters   p pause/resume   r run dead letters again"
	if m.page == deadPage {
		keys = "q quit   esc back   p pause/resume   r run dead letters again"
	}
	return []string{m.paint(console.Warn, m.note), m.paint(console.Faint, keys)}
}

// body is the page, as far as there is room: the part around what is selected.
func (m Model) body(room int) []string {
	table := m.table()
	var b strings.Builder
	// A strings.Builder takes everything.
	_ = table.Print(&b, m.colours)
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	if table.Len() == 0 {
		lines = append(lines, "", m.paint(console.Faint, "nothing here"))
	}
	head, rows := lines[:1], lines[1:]
	first := max(0, min(m.selected-room/2, len(rows)-(room-1)))
	shown := []string{"  " + head[0]}
	for i := first; i < min(len(rows), first+room-1); i++ {
		mark := "  "
		if i == m.selected && table.Len() > 0 {
			mark = m.paint(console.Bold, "▸ ")
		}
		shown = append(shown, mark+rows[i])
	}
	for len(shown) < room {
		shown = append(shown, "")
	}
	return shown
}
