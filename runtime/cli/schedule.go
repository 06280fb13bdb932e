package cli

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A tickView is a tick for programs.
type tickView struct {
	At   time.Time `json:"at"`
	Cron string    `json:"cron"`
	Spec string    `json:"spec"`
	Kind string    `json:"type"`
}

func (c *command) schedule() *cobra.Command {
	var limit int
	var output string
	cmd := &cobra.Command{
		Use: "schedule", Short: "List the next ticks of the program's crons", Args: cobra.NoArgs,
		Long: "List the next ticks of the crons that the program has, whether its workers run or not. What the\nworkers of all programs have, and to pause and run it: tq schedule.",
	}
	cmd.Flags().IntVar(&limit, "limit", 10, "how many")
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	cmd.RunE = func(*cobra.Command, []string) error {
		ticks, err := nextTicks(c.program.Crons, time.Now(), limit)
		if err != nil {
			return console.Fail(err)
		}
		table := console.Table{Columns: console.Columns("AT", "CRON", "SPEC", "TYPE")}
		for _, t := range ticks {
			table.Add(t.At.Format("2006-01-02 15:04:05 MST"), t.Cron, t.Spec, t.Kind)
		}
		switch {
		case output == "json":
			return console.Fail(console.JSON(c.process.Stdout, ticks))
		case output != "table":
			return console.Misuse(fmt.Errorf("--output: %q is neither table nor json", output))
		case len(ticks) == 0:
			_, err := fmt.Fprintln(c.process.Stdout, "the program has no crons")
			return console.Fail(err)
		}
		return console.Fail(table.Print(c.process.Stdout, c.process.Colours()))
	}
	return cmd
}

// nextTicks are those of all crons together, in their order.
func nextTicks(crons []taskqueue.Cron, after time.Time, limit int) ([]tickView, error) {
	all := []tickView{}
	for i := range crons {
		c := &crons[i]
		name := c.Name
		if name == "" {
			name = c.Job.Kind()
		}
		times, err := c.Next(after, limit)
		if err != nil {
			return nil, fmt.Errorf("cron %s: %w", name, err)
		}
		for _, at := range times {
			all = append(all, tickView{at, name, c.Spec, c.Job.Kind()})
		}
	}
	slices.SortStableFunc(all, func(a, b tickView) int { return a.At.Compare(b.At) })
	return all[:max(0, min(len(all), limit))], nil
}
