package tq

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A statsView is the state of everything for programs.
type statsView struct {
	Queues    int       `json:"queues"`
	Workers   int       `json:"workers"`
	Slots     int       `json:"slots"`
	Pending   int64     `json:"pending"`
	Scheduled int64     `json:"scheduled"`
	Parked    int64     `json:"parked"`
	Active    int64     `json:"active"`
	Dead      int64     `json:"dead"`
	In        float64   `json:"enqueued_per_second"`
	Out       float64   `json:"done_per_second"`
	Failed    float64   `json:"failed_per_second"`
	Seconds   float64   `json:"measured_for_seconds"`
	Types     []timings `json:"types"`
}

// timings are the runs of a kind in a queue, as the workers of now and of the last
// minutes saw them. Times are in seconds.
type timings struct {
	Queue    string     `json:"queue"`
	Kind     string     `json:"type"`
	Runs     int64      `json:"runs"`
	Failures int64      `json:"failures"`
	Wait     [3]float64 `json:"wait_p50_p95_p99"`
	Run      [3]float64 `json:"run_p50_p95_p99"`
}

func (a *app) stats() *cobra.Command {
	var period time.Duration
	cmd := &cobra.Command{
		Use: "stats", Short: "Count everything, and measure rates and times", Args: cobra.NoArgs,
		Long: "Count everything, measure rates for a second, and show how long tasks waited and ran, as the\nworkers that there are, or were in the last minutes, measured it.",
	}
	cmd.Flags().DurationVar(&period, "for", time.Second, "how long to measure rates; 0: not at all")
	cmd.RunE = a.with(func(ctx context.Context, s *session, _ []string) error {
		v, err := s.measure(ctx, period)
		if err != nil {
			return err
		}
		if s.output == "json" {
			return console.JSON(s.process.Stdout, v)
		}
		return s.printStats(v)
	})
	return cmd
}

func (s *session) measure(ctx context.Context, period time.Duration) (*statsView, error) {
	before, err := s.client.Queues(ctx)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	after := before
	if period > 0 {
		select {
		case <-time.After(period):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if after, err = s.client.Queues(ctx); err != nil {
			return nil, err
		}
	}
	v := &statsView{Queues: len(after), Types: []timings{}}
	for i := range after {
		q := &after[i]
		v.Pending += q.Pending
		v.Scheduled += q.Scheduled
		v.Parked += q.Parked
		v.Active += q.Active
		v.Dead += q.Dead
	}
	if period > 0 {
		v.rates(before, after, time.Since(start))
	}
	workers, err := s.client.Workers(ctx)
	if err != nil {
		return nil, err
	}
	v.Workers = len(workers)
	for i := range workers {
		v.Slots += workers[i].Slots
	}
	v.Types, err = s.timings(ctx)
	return v, err
}

func (v *statsView) rates(before, after []taskqueue.QueueInfo, took time.Duration) {
	v.Seconds = took.Seconds()
	for sign, infos := range map[float64][]taskqueue.QueueInfo{1: after, -1: before} {
		for i := range infos {
			q := &infos[i]
			v.In += sign * float64(q.Enqueued) / v.Seconds
			v.Out += sign * float64(q.Done) / v.Seconds
			v.Failed += sign * float64(q.Retried+q.Died) / v.Seconds
		}
	}
}

// timings merge what the workers measured.
func (s *session) timings(ctx context.Context) ([]timings, error) {
	told, err := s.client.Metrics(ctx)
	if err != nil {
		return nil, err
	}
	var sum taskqueue.Metrics
	for i := range told {
		sum.Add(told[i].Kinds...)
	}
	all := []timings{}
	for _, k := range sum.Kinds() {
		all = append(all, timings{k.Queue, k.Kind, k.Runs(), k.Failed(), percentiles(k.Wait), percentiles(k.Run)})
	}
	return all, nil
}

func percentiles(d *taskqueue.Durations) [3]float64 {
	return [3]float64{d.Quantile(0.5).Seconds(), d.Quantile(0.95).Seconds(), d.Quantile(0.99).Seconds()}
}

func percentilesText(p [3]float64) string {
	second := float64(time.Second)
	return fmt.Sprintf("%s / %s / %s", console.Span(time.Duration(p[0]*second)), console.Span(time.Duration(p[1]*second)), console.Span(time.Duration(p[2]*second)))
}

func (s *session) printStats(v *statsView) error {
	lines := fmt.Sprintf("%s; %s with %s\n%d pending, %d scheduled, %d parked, %d active, %d dead\n",
		console.Count(v.Queues, "queue"), console.Count(v.Workers, "worker"), console.Count(v.Slots, "slot"), v.Pending, v.Scheduled, v.Parked, v.Active, v.Dead)
	if v.Seconds > 0 {
		lines += fmt.Sprintf("%.1f/s enqueued, %.1f/s done, %.1f/s failed\n", v.In, v.Out, v.Failed)
	}
	if _, err := fmt.Fprint(s.process.Stdout, lines); err != nil {
		return err
	}
	if len(v.Types) == 0 {
		return nil
	}
	table := console.Table{Columns: console.Columns("QUEUE", "TYPE", ">RUNS", ">FAILURES", "WAIT p50 / p95 / p99", "RUN p50 / p95 / p99")}
	for _, t := range v.Types {
		table.Add(t.Queue, t.Kind, t.Runs, console.Number(t.Failures, console.Warn), percentilesText(t.Wait), percentilesText(t.Run))
	}
	if err := s.say(""); err != nil {
		return err
	}
	return table.Print(s.process.Stdout, s.process.Colours())
}
