package tq

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	"github.com/tqgen/taskqueue/internal/tq/top"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/config"
)

const topLong = `Watch everything live: rates, backlog, the oldest task, how long tasks wait and run, what the workers do.

Keys: 1 to 4 or tab: queues, workers, running tasks, types; ↑↓ or j k: select; enter: the dead letters of
the queue, grouped; p: pause or resume it; r: run its dead letters again; q: quit.`

func (a *app) top() *cobra.Command {
	var once bool
	cmd := &cobra.Command{Use: "top", Short: "Watch everything live", Long: topLong, Args: cobra.NoArgs}
	cmd.Flags().BoolVar(&once, "once", false, "print one screen, of two looks a second apart, and end")
	cmd.RunE = a.with(func(ctx context.Context, s *session, _ []string) error {
		if s.output == "json" {
			return console.Misuse(errors.New("top is for people; `tq stats -o json` and `tq tail -o json` are for programs"))
		}
		model := top.New(ctx, s, config.Redacted(s.settings.Redis.URL), s.process.Colours())
		if once {
			return s.topOnce(ctx, model)
		}
		if !s.process.InTerminal || !s.process.Terminal {
			return console.Misuse(errors.New("top needs a terminal; `tq top --once` and `tq stats` do not"))
		}
		_, err := tea.NewProgram(model, tea.WithContext(ctx), tea.WithInput(s.process.Stdin), tea.WithOutput(s.process.Stdout),
			tea.WithEnvironment(s.process.Environ), tea.WithoutSignalHandler()).Run()
		if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
			return nil //nolint:nilerr // that is how it ends
		}
		return err
	})
	return cmd
}

// topOnce is the screen without the terminal.
func (s *session) topOnce(ctx context.Context, model top.Model) error {
	for i := range 2 {
		if i > 0 {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		model = model.Look()
	}
	if err := model.Trouble(); err != nil {
		return err
	}
	return s.say("%s", model.Report())
}

// topQueues are how many queues are asked for their oldest task, the first by name
// that have any.
const topQueues = 50

// Look implements top.Source.
func (s *session) Look(ctx context.Context) (top.Snapshot, error) {
	snapshot := top.Snapshot{At: time.Now(), Oldest: map[string]time.Time{}}
	var err error
	if snapshot.Queues, err = s.client.Queues(ctx); err != nil {
		return snapshot, err
	}
	if snapshot.Workers, err = s.client.Workers(ctx); err != nil {
		return snapshot, err
	}
	told, err := s.client.Metrics(ctx)
	if err != nil {
		return snapshot, err
	}
	var sum taskqueue.Metrics
	for i := range told {
		sum.Add(told[i].Kinds...)
	}
	snapshot.Kinds = sum.Kinds()
	for i := range snapshot.Queues {
		q := &snapshot.Queues[i]
		if q.Pending == 0 || len(snapshot.Oldest) == topQueues {
			continue
		}
		if snapshot.Oldest[q.Queue], err = s.oldest(ctx, q); err != nil {
			return snapshot, err
		}
	}
	return snapshot, nil
}

// Dead implements top.Source.
func (s *session) Dead(ctx context.Context, queue string) ([]taskqueue.DeadGroup, error) {
	groups, _, _, err := s.client.DeadGroups(ctx, queue)
	return groups, err
}

// Pause implements top.Source.
func (s *session) Pause(ctx context.Context, queue string, paused bool) error {
	if paused {
		return s.client.Pause(ctx, queue)
	}
	return s.client.Resume(ctx, queue)
}

// Retry implements top.Source.
func (s *session) Retry(ctx context.Context, queue string) (int, error) {
	return s.client.RequeueDead(ctx, queue, nil)
}
