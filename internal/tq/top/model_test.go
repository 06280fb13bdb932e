package top

import (
	"context"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "rewrite the golden files")

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// A fake is a source that moves on a second with each look.
type fake struct {
	looks  int
	err    error
	paused map[string]bool
	tried  []string
}

func (f *fake) Look(context.Context) (Snapshot, error) {
	if f.err != nil {
		return Snapshot{}, f.err
	}
	f.looks++
	n := int64(f.looks)
	var metrics taskqueue.Metrics
	for range f.looks {
		metrics.Observe(taskqueue.Event{Queue: "mail", Kind: "email.Send", Outcome: taskqueue.Done, Wait: 2 * time.Millisecond, Run: 30 * time.Millisecond})
	}
	at := noon.Add(time.Duration(f.looks) * time.Second)
	return Snapshot{
		At: at,
		Queues: []taskqueue.QueueInfo{
			{Queue: "mail", Pending: 1234, Active: 2, Dead: 3, Sessions: 1, Enqueued: 100 * n, Done: 90 * n, Died: n, Settings: broker.Settings{Paused: f.paused["mail"]}},
			{Queue: "reports", Scheduled: 7, Settings: broker.Settings{Paused: f.paused["reports"]}},
		},
		Workers: []taskqueue.WorkerInfo{{
			Name: "blue.1", Host: "alpha", Started: noon.Add(-time.Hour), Version: "v1.2.3", Slots: 10, Active: 1,
			Queues: []taskqueue.WorkerQueue{{Name: "mail"}}, Counts: taskqueue.Counts{Done: 90 * n, Failed: n},
			Running: []taskqueue.Running{{Kind: "email.Send", Queue: "mail", Attempt: 2, Started: at.Add(-90 * time.Second), Overdue: true}},
		}},
		Kinds:  metrics.Kinds(),
		Oldest: map[string]time.Time{"mail": at.Add(-1500 * time.Millisecond)},
	}, nil
}

func (f *fake) Dead(_ context.Context, queue string) ([]taskqueue.DeadGroup, error) {
	if f.err != nil {
		return nil, f.err
	}
	return []taskqueue.DeadGroup{{Kind: "email.Send", Fingerprint: "mailbox * is full in " + queue, Count: 3, Last: noon}}, nil
}

func (f *fake) Pause(_ context.Context, queue string, paused bool) error {
	f.paused[queue] = paused
	return f.err
}

func (f *fake) Retry(_ context.Context, queue string) (int, error) {
	f.tried = append(f.tried, queue)
	return 3, f.err
}

// A screen is a model at work: what its commands answer comes back at once, but for
// ticks, which the test gives.
type screen struct {
	*testing.T
	model tea.Model
	quit  bool
}

func begin(t *testing.T, source *fake) *screen {
	t.Helper()
	s := &screen{T: t, model: New(t.Context(), source, "redis://store", false)}
	s.send(tea.WindowSizeMsg{Width: 120, Height: 20})
	s.send(s.model.Init()())
	return s
}

func (s *screen) send(msg tea.Msg) {
	s.Helper()
	var cmd tea.Cmd
	_, looked := msg.(lookedMsg)
	if s.model, cmd = s.model.Update(msg); cmd == nil || looked {
		return // what a look returns is the tick
	}
	switch answer := cmd().(type) {
	case tea.QuitMsg:
		s.quit = true
	default:
		s.send(answer)
	}
}

func (s *screen) tick() {
	s.Helper()
	s.send(tickMsg{})
}

func (s *screen) keys(keys ...string) {
	s.Helper()
	special := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown, "tab": tea.KeyTab}
	for _, k := range keys {
		if code, ok := special[k]; ok {
			s.send(tea.KeyPressMsg{Code: code})
			continue
		}
		s.send(tea.KeyPressMsg{Code: rune(k[0]), Text: k})
	}
}

func (s *screen) shows(texts ...string) {
	s.Helper()
	content := s.model.View().Content
	for _, text := range texts {
		if !strings.Contains(content, text) {
			s.Errorf("no %q in\n%s", text, content)
		}
	}
}

func TestPages(t *testing.T) {
	s := begin(t, &fake{paused: map[string]bool{}})
	for range 6 {
		s.tick()
	}
	var pages strings.Builder
	for _, key := range []string{"1", "2", "3", "4", "1", "enter"} {
		s.keys(key)
		pages.WriteString("=== " + key + "\n")
		for line := range strings.SplitSeq(s.model.View().Content, "\n") {
			pages.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	const file = "testdata/pages.golden"
	if *update {
		if err := os.WriteFile(file, []byte(pages.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), pages.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestKeys(t *testing.T) {
	source := &fake{paused: map[string]bool{}}
	s := begin(t, source)
	s.tick()
	s.shows("▸ mail", "in 100.0/s   done 90.0/s   failed 1.0/s")
	s.keys("down")
	s.shows("▸ reports")
	s.keys("down", "p")
	s.tick()
	s.shows("queue reports is paused", "paused")
	s.keys("p")
	s.tick()
	s.shows("queue reports is resumed")
	s.keys("r")
	s.shows("queue reports has no dead letters")

	// Running dead letters again asks first.
	s.keys("up", "r")
	s.shows("run the 3 dead letters of queue mail again? y/n")
	s.keys("n")
	s.shows("nothing was done")
	if len(source.tried) > 0 {
		t.Errorf("tried %v", source.tried)
	}
	s.keys("enter")
	s.shows("[dead letters of mail]", "mailbox * is full in mail")
	s.keys("r", "y")
	if diff := cmp.Diff([]string{"mail"}, source.tried); diff != "" {
		t.Error(diff)
	}
	s.keys("esc")
	s.shows("[1 queues]")
	s.keys("tab")
	s.shows("[2 workers]")
	s.keys("q")
	if !s.quit {
		t.Error("q does not quit")
	}
}

// What the store says wrong is shown, and what was known stays.
func TestStoreIsAway(t *testing.T) {
	source := &fake{paused: map[string]bool{}}
	s := begin(t, source)
	source.err = errors.New("connection refused")
	s.tick()
	s.shows("the store does not answer: connection refused", "▸ mail")
	s.keys("enter")
	s.shows("connection refused")
	source.err = nil
	s.tick()
	if strings.Contains(s.model.View().Content, "does not answer") {
		t.Error("the error stays")
	}
}

func TestBeforeTheFirstLook(t *testing.T) {
	s := &screen{T: t, model: New(t.Context(), &fake{err: errors.New("no route")}, "redis://store", false)}
	s.shows("looking…")
	s.send(s.model.Init()())
	s.shows("no route")
	s.keys("p", "r", "enter", "down", "up")
}

// A low terminal has room for a row and for the keys.
func TestLowTerminal(t *testing.T) {
	s := begin(t, &fake{paused: map[string]bool{}})
	s.send(tea.WindowSizeMsg{Width: 40, Height: 9})
	s.tick()
	s.shows("backlog", "[1 queues]", "▸ mail", "q quit")
	if n := strings.Count(s.model.View().Content, "\n") + 1; n != 9 {
		t.Errorf("%d lines", n)
	}
}

// Many rows scroll with the selection, and the screen stays as high as it is.
func TestScrolls(t *testing.T) {
	m := New(t.Context(), &fake{}, "x", true)
	m.height = 20
	var snapshot Snapshot
	snapshot.At = noon
	for i := range 100 {
		snapshot.Queues = append(snapshot.Queues, taskqueue.QueueInfo{Queue: "queue-" + string(rune('a'+i/26)) + string(rune('a'+i%26)), Enqueued: 1})
	}
	m.history = []Snapshot{snapshot}
	for _, selected := range []int{0, 50, 99} {
		m.selected = selected
		text := m.Text()
		if n := strings.Count(text, "\n") + 1; n != 20 {
			t.Errorf("%d lines", n)
		}
		if !strings.Contains(text, snapshot.Queues[selected].Queue) {
			t.Errorf("queue %d is not shown\n%s", selected, text)
		}
	}
}
