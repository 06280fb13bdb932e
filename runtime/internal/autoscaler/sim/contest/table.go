package contest

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

// A Summary is a mean over runs. The JSON names are those that `simulate
// --json` prints.
type Summary struct {
	Controller string  `json:"controller"`
	Score      float64 `json:"score"`
	Cost       float64 `json:"cost"`         // × the oracle's worker-seconds
	Late       float64 `json:"late_pct"`     // attempts that started late
	OverP95    float64 `json:"over_p95_pct"` // tasks over the latency target
	Reversals  float64 `json:"reversals"`
	Recovery   float64 `json:"recovery_s"`
	P95Latency float64 `json:"p95_latency_s"`
	MaxWait    float64 `json:"max_wait_s"`
	MaxWorkers float64 `json:"max_workers"`
	Kills      float64 `json:"kills"`
	Failed     float64 `json:"failed_attempts"`
}

// Summarize is the mean over the runs of a controller.
func Summarize(controller string, runs []sim.Result) Summary {
	s := Summary{Controller: controller}
	share := 1 / float64(max(1, len(runs)))
	for i := range runs {
		r := &runs[i]
		s.Score += share * r.Score()
		s.Cost += share * r.Cost()
		s.Late += share * r.LatePercent()
		s.OverP95 += share * r.OverP95Percent()
		s.Reversals += share * float64(r.Reversals)
		s.Recovery += share * r.Recovery
		s.P95Latency += share * r.P95Latency
		s.MaxWait += share * r.MaxWait
		s.MaxWorkers += share * float64(r.MaxWorkers)
		s.Kills += share * float64(r.Kills)
		s.Failed += share * float64(r.FailedAttempts)
	}
	return s
}

// Totals are the means over all traces, the best score first.
func Totals(rows []Row) []Summary {
	runs := map[string][]sim.Result{}
	var names []string
	for _, row := range rows {
		if runs[row.Controller] == nil {
			names = append(names, row.Controller)
		}
		runs[row.Controller] = append(runs[row.Controller], row.Runs...)
	}
	var all []Summary
	for _, name := range names {
		all = append(all, Summarize(name, runs[name]))
	}
	slices.SortStableFunc(all, byScore)
	return all
}

func byScore(a, b Summary) int {
	switch {
	case a.Score < b.Score:
		return -1
	case a.Score > b.Score:
		return 1
	}
	return 0
}

// WriteTable writes summaries as a table.
func WriteTable(w io.Writer, summaries []Summary) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "controller\tscore\tcost ×\tlate %\tover p95 %\treversals\trecovery s\tp95 latency s\tmax wait s\tmax workers\tkills\tfailed\t")
	for _, s := range summaries {
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.0f\t%.0f\t%.2f\t%.0f\t%.0f\t%.1f\t%.0f\t\n",
			s.Controller, s.Score, s.Cost, s.Late, s.OverP95, s.Reversals, s.Recovery, s.P95Latency, s.MaxWait, s.MaxWorkers, s.Kills, s.Failed)
	}
	return t.Flush()
}

// Verdict is the last line of a benchmark: our means, and the best peer's score.
func Verdict(totals []Summary) string {
	line, rival := "", ""
	for _, s := range totals {
		if s.Controller == Ours {
			line = fmt.Sprintf("%s score %.2f cost %.2f late %.2f", Ours, s.Score, s.Cost, s.Late)
		} else if rival == "" {
			rival = fmt.Sprintf("; best peer %s score %.2f", s.Controller, s.Score)
		}
	}
	return line + rival
}
