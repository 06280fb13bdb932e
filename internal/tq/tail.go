package tq

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// tailed are how many new dead letters one look at a queue shows.
const tailed = 100

func (a *app) tail() *cobra.Command {
	var queues []string
	var every time.Duration
	cmd := &cobra.Command{
		Use: "tail", Short: "Follow what happens, until interrupted", Args: cobra.NoArgs,
		Long: "Follow what happens: a line for each queue in which something did, and one for each new dead letter\nwith its reason. With -o json a line is an object.",
	}
	cmd.Flags().StringSliceVarP(&queues, "queue", "q", nil, "only these queues")
	cmd.Flags().DurationVar(&every, "every", time.Second, "how often to look")
	_ = cmd.RegisterFlagCompletionFunc("queue", a.completeQueues)
	cmd.RunE = a.with(func(ctx context.Context, s *session, _ []string) error {
		if every < 100*time.Millisecond {
			return console.Misuse(fmt.Errorf("--every: %v is less than 100ms", every))
		}
		t := tail{session: s, queues: queues}
		err := t.follow(ctx, every)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // that is how it ends
		}
		return err
	})
	return cmd
}

// A tail remembers what it has told.
type tail struct {
	*session
	queues []string
	before map[string]taskqueue.QueueInfo
}

func (t *tail) follow(ctx context.Context, every time.Duration) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if err := t.look(ctx); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// A tailView is a line for programs.
type tailView struct {
	At        time.Time `json:"at"`
	Queue     string    `json:"queue"`
	Enqueued  int64     `json:"enqueued,omitempty"`
	Done      int64     `json:"done,omitempty"`
	Retried   int64     `json:"retried,omitempty"`
	Died      int64     `json:"died,omitempty"`
	Discarded int64     `json:"discarded,omitempty"`
	Lost      int64     `json:"lost,omitempty"`
	Pending   int64     `json:"pending"`
	Active    int64     `json:"active"`
	Dead      *taskView `json:"dead,omitempty"`
}

func (t *tail) look(ctx context.Context) error {
	infos, err := t.client.Queues(ctx, t.queues...)
	if err != nil {
		return err
	}
	first := t.before == nil
	now := map[string]taskqueue.QueueInfo{}
	for _, q := range infos {
		now[q.Queue] = q
		old, known := t.before[q.Queue]
		if first || !known && t.queues != nil {
			continue
		}
		if err := t.tell(ctx, &old, &q); err != nil {
			return err
		}
	}
	t.before = now
	if first {
		t.note("following %s; what was before is in `tq stats`", console.Count(len(infos), "queue"))
	}
	return nil
}

// tell tells what happened in a queue.
func (t *tail) tell(ctx context.Context, old, q *taskqueue.QueueInfo) error {
	v := tailView{
		At: time.Now(), Queue: q.Queue, Enqueued: q.Enqueued - old.Enqueued, Done: q.Done - old.Done, Retried: q.Retried - old.Retried,
		Died: q.Died - old.Died, Discarded: q.Discarded - old.Discarded, Lost: q.Lost - old.Lost, Pending: q.Pending, Active: q.Active,
	}
	if v.Enqueued+v.Done+v.Retried+v.Died+v.Discarded+v.Lost == 0 {
		return nil
	}
	if err := t.line(&v); err != nil {
		return err
	}
	if v.Died == 0 {
		return nil
	}
	page, err := t.client.List(ctx, taskqueue.ListQuery{Queue: q.Queue, State: taskqueue.StateDead, Limit: int(min(v.Died, tailed))})
	if err != nil {
		return err
	}
	for i := len(page.Entries) - 1; i >= 0; i-- {
		dead := viewTask(&page.Entries[i])
		if err := t.line(&tailView{At: v.At, Queue: q.Queue, Pending: q.Pending, Active: q.Active, Dead: &dead}); err != nil {
			return err
		}
	}
	return nil
}

func (t *tail) line(v *tailView) error {
	if t.output == "json" {
		return json.NewEncoder(t.process.Stdout).Encode(v)
	}
	paint := func(l console.Look, text string) string {
		if t.process.Colours() {
			return l.Paint(text)
		}
		return text
	}
	at := paint(console.Faint, v.At.Local().Format(time.TimeOnly))
	if d := v.Dead; d != nil {
		return t.say("%s %s: %s %v %s after %s: %s", at, v.Queue, paint(console.Bad, "dead"), d.ID, d.Kind, console.Count(d.Attempts, "attempt"), console.Short(d.Reason, 120))
	}
	var parts []string
	for _, p := range []struct {
		name string
		n    int64
		look console.Look
	}{
		{"enqueued", v.Enqueued, console.Plain}, {"done", v.Done, console.Good}, {"retried", v.Retried, console.Warn},
		{"dead", v.Died, console.Bad}, {"discarded", v.Discarded, console.Warn}, {"lost", v.Lost, console.Bad},
	} {
		if p.n != 0 {
			parts = append(parts, paint(p.look, fmt.Sprintf("%d %s", p.n, p.name)))
		}
	}
	return t.say("%s %s: %s; %d pending, %d active", at, v.Queue, strings.Join(parts, ", "), v.Pending, v.Active)
}
