package top

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

const (
	period  = time.Second
	kept    = 60 // snapshots: what percentiles and the curve are of
	patient = 10 * time.Second
)

// A page is what the lower part shows.
type page int

const (
	queuesPage page = iota
	workersPage
	runningPage
	typesPage
	deadPage // of one queue
)

const pages = deadPage // that a key shows

var pageNames = [...]string{"1 queues", "2 workers", "3 running", "4 types", "dead letters"}

// Model implements tea.Model. Every change makes another one.
type Model struct {
	ctx     context.Context
	source  Source
	title   string
	colours bool

	width, height int
	page          page
	selected      int    // row of the page
	queue         string // of deadPage
	dead          []taskqueue.DeadGroup
	asking        string // the queue whose dead letters y runs again
	note          string // what came of the last key
	err           error  // of the last look

	history []Snapshot // the oldest first
}

// New makes a model; title says what store it is.
func New(ctx context.Context, source Source, title string, colours bool) Model {
	return Model{ctx: ctx, source: source, title: title, colours: colours, width: 100, height: 30}
}

// The messages of the model.
type (
	tickMsg   struct{}
	lookedMsg struct {
		snapshot Snapshot
		err      error
	}
	deadMsg struct {
		queue  string
		groups []taskqueue.DeadGroup
		err    error
	}
	doneMsg struct {
		text string
		err  error
	}
)

// Init implements tea.Model.
func (m Model) Init() tea.Cmd { return m.look }

// Look looks once.
func (m Model) Look() Model {
	looked, ok := m.look().(lookedMsg)
	if ok {
		m = m.learn(looked)
	}
	return m
}

// Trouble is why the last look failed.
func (m Model) Trouble() error { return m.err }

// learn takes what a look has found.
func (m Model) learn(looked lookedMsg) Model {
	if m.err = looked.err; m.err == nil {
		m.history = append(m.history[max(0, len(m.history)-kept+1):len(m.history):len(m.history)], looked.snapshot)
		m.selected = max(0, min(m.selected, m.rows()-1))
	}
	return m
}

// within bounds a question to the store.
func (m Model) within(f func(ctx context.Context) tea.Msg) tea.Msg {
	ctx, cancel := context.WithTimeout(m.ctx, patient)
	defer cancel()
	return f(ctx)
}

func (m Model) look() tea.Msg {
	return m.within(func(ctx context.Context) tea.Msg {
		s, err := m.source.Look(ctx)
		return lookedMsg{s, err}
	})
}

// Update implements tea.Model.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tickMsg:
		return m, m.look
	case lookedMsg:
		return m.learn(msg), tea.Tick(period, func(time.Time) tea.Msg { return tickMsg{} })
	case deadMsg:
		if m.dead, m.note = nil, ""; msg.err != nil {
			m.note = msg.err.Error()
		} else if msg.queue == m.queue {
			m.dead = msg.groups
		}
	case doneMsg:
		if m.note = msg.text; msg.err != nil {
			m.note = msg.err.Error()
		}
		if m.page == deadPage {
			return m, m.lookDead
		}
	case tea.KeyPressMsg:
		return m.key(msg.String())
	}
	return m, nil
}

// key does what a key is for.
func (m Model) key(key string) (tea.Model, tea.Cmd) {
	if m.asking != "" {
		queue := m.asking
		m.asking, m.note = "", "nothing was done"
		if key == "y" {
			m.note = "running them again…"
			return m, m.retry(queue)
		}
		return m, nil
	}
	switch key {
	case "q", "ctrl+c":
		return m, tea.Quit
	case "1", "2", "3", "4":
		m.page, m.selected = page(key[0]-'1'), 0
	case "tab":
		m.page, m.selected = (m.page+1)%pages, 0
	case "up", "k":
		m.selected = max(0, m.selected-1)
	case "down", "j":
		m.selected = max(0, min(m.selected+1, m.rows()-1))
	case "esc", "backspace":
		if m.page == deadPage {
			m.page = queuesPage
		}
	case "enter", "p", "r":
		return m.ofQueue(key)
	}
	return m, nil
}

// ofQueue does what a key is for with the queue that is selected.
func (m Model) ofQueue(key string) (tea.Model, tea.Cmd) {
	q := m.current()
	if q == nil {
		return m, nil
	}
	switch key {
	case "enter":
		if m.page == queuesPage {
			m.page, m.queue, m.dead = deadPage, q.Queue, nil
			return m, m.lookDead
		}
	case "p":
		return m, m.pause(q.Queue, !q.Settings.Paused)
	case "r":
		if q.Dead == 0 {
			m.note = "queue " + q.Queue + " has no dead letters"
			return m, nil
		}
		m.asking = q.Queue
		m.note = fmt.Sprintf("run the %d dead letters of queue %s again? y/n", q.Dead, q.Queue)
	}
	return m, nil
}

// current is the queue that is selected, or whose dead letters are shown.
func (m Model) current() *taskqueue.QueueInfo {
	s := m.now()
	for i := range s.Queues {
		if m.page == queuesPage && i == m.selected || m.page == deadPage && s.Queues[i].Queue == m.queue {
			return &s.Queues[i]
		}
	}
	return nil
}

func (m Model) lookDead() tea.Msg {
	return m.within(func(ctx context.Context) tea.Msg {
		groups, err := m.source.Dead(ctx, m.queue)
		return deadMsg{m.queue, groups, err}
	})
}

func (m Model) pause(queue string, paused bool) tea.Cmd {
	return func() tea.Msg {
		return m.within(func(ctx context.Context) tea.Msg {
			text := "queue " + queue + " is resumed"
			if paused {
				text = "queue " + queue + " is paused"
			}
			return doneMsg{text, m.source.Pause(ctx, queue, paused)}
		})
	}
}

func (m Model) retry(queue string) tea.Cmd {
	return func() tea.Msg {
		n, err := m.source.Retry(m.ctx, queue) // however long it takes
		return doneMsg{fmt.Sprintf("%d dead letters of queue %s run again", n, queue), err}
	}
}

// now is the last snapshot.
func (m Model) now() *Snapshot {
	if len(m.history) == 0 {
		return &Snapshot{}
	}
	return &m.history[len(m.history)-1]
}

// back is the snapshot n before the last one, or the oldest; nil: there is no other.
func (m Model) back(n int) *Snapshot {
	if len(m.history) < 2 {
		return nil
	}
	return &m.history[max(0, len(m.history)-1-n)]
}

// rows is how many the page has.
func (m Model) rows() int {
	s := m.now()
	switch m.page {
	case queuesPage:
		return len(s.Queues)
	case workersPage:
		return len(s.Workers)
	case runningPage:
		n := 0
		for i := range s.Workers {
			n += len(s.Workers[i].Running)
		}
		return n
	case typesPage:
		return len(s.Kinds)
	}
	return len(m.dead)
}
