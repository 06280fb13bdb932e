package tq

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A workerView is a worker for programs.
type workerView struct {
	taskqueue.WorkerInfo
	Heard float64 `json:"heard_seconds_ago"`
}

func (a *app) workers() *cobra.Command {
	var running, kinds bool
	var queue string
	cmd := &cobra.Command{
		Use: "workers", Short: "List the workers of all processes, and what they do", Aliases: []string{"worker", "w"}, Args: cobra.NoArgs,
		Long: "List the workers of all processes. One that ends is gone at once, one that died within 15 seconds.",
	}
	cmd.Flags().BoolVar(&running, "running", false, "list what they run, of each the 20 tasks that have run longest")
	cmd.Flags().BoolVar(&kinds, "types", false, "list what they can run")
	cmd.Flags().StringVarP(&queue, "queue", "q", "", "only those that serve this queue")
	cmd.MarkFlagsMutuallyExclusive("running", "types")
	cmd.RunE = a.with(func(ctx context.Context, s *session, _ []string) error {
		all, err := s.client.Workers(ctx)
		if err != nil {
			return err
		}
		views := []workerView{}
		for _, w := range all {
			if queue == "" || w.Serves(queue) {
				views = append(views, workerView{w, w.Heard.Seconds()})
			}
		}
		table := workersTable(views)
		switch {
		case running:
			table = runningTable(views)
		case kinds:
			table = kindsTable(views)
		}
		none := "no worker runs"
		if running && len(views) > 0 {
			none = "nothing runs"
		}
		return s.show(views, table, none)
	})
	return cmd
}

func workersTable(views []workerView) *console.Table {
	table := &console.Table{Columns: console.Columns("WORKER", "HOST", ">PID", "UP", "VERSION", "QUEUES", ">BUSY", ">DONE", ">FAILED", "STATE")}
	for i := range views {
		w := &views[i]
		var queues []string
		for _, q := range w.Queues {
			queues = append(queues, q.Name)
		}
		state := console.Cell{Text: "works", Look: console.Good}
		switch {
		case w.Draining:
			state = console.Cell{Text: "drains", Look: console.Warn}
		case w.Heard > lateWorker.Seconds():
			state = console.Cell{Text: fmt.Sprintf("silent for %.0fs", w.Heard), Look: console.Bad}
		}
		table.Add(w.Name, w.Host, w.PID, console.Span(time.Since(w.Started)), w.Version, strings.Join(queues, ","),
			fmt.Sprintf("%d/%d", w.Active, w.Slots), w.Counts.Done, console.Number(w.Counts.Failed, console.Warn), state)
	}
	return table
}

// lateWorker is when a worker that says nothing is worth a word.
const lateWorker = 8 * time.Second

func runningTable(views []workerView) *console.Table {
	table := &console.Table{Columns: console.Columns("ID", "TYPE", "QUEUE", ">TRY", "RUNS FOR", "WORKER", "")}
	for i := range views {
		for _, r := range views[i].Running {
			late := console.Cell{}
			if r.Overdue {
				late = console.Cell{Text: "its time is up, and it has not returned", Look: console.Bad}
			}
			table.Add(r.ID, r.Kind, r.Queue, r.Attempt, console.Span(time.Since(r.Started)), views[i].Name, late)
		}
	}
	return table
}

func kindsTable(views []workerView) *console.Table {
	table := &console.Table{Columns: console.Columns("WORKER", "TYPE", ">VERSION", "OLDER VERSIONS")}
	for i := range views {
		for _, k := range views[i].Kinds {
			table.Add(views[i].Name, k.Name, k.Version, strings.Trim(fmt.Sprint(k.Older), "[]"))
		}
	}
	return table
}
