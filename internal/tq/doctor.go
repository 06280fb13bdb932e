package tq

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A finding is something that an operator should know, and what to do about it.
type finding struct {
	Level level  `json:"level"`
	What  string `json:"what"`
	Fix   string `json:"fix,omitempty"`
}

// A level says how bad a finding is.
type level string

const (
	bad  level = "error"   // tasks do not run, or can be lost
	odd  level = "warning" // it will hurt some day
	info level = "info"    // all is well, and worth knowing
)

var levelLooks = map[level]console.Look{bad: console.Bad, odd: console.Warn, info: console.Faint}

// A visit is one look of the doctor: what is read once, and what was found.
type visit struct {
	*session
	sla      time.Duration
	deep     bool // look through large queues, too
	queues   []taskqueue.QueueInfo
	workers  []taskqueue.WorkerInfo
	findings []finding
}

func (v *visit) found(l level, what, fix string) {
	v.findings = append(v.findings, finding{l, what, fix})
}

const doctorLong = `Look for trouble, and say what to do about each finding.

The servers: version, eviction, persistence, memory, latency, clocks. The workers: silent ones,
mixed versions, runs whose time is up. The queues: tasks that no worker can run, leases that nobody
holds, pauses, backlogs that are older than the target, dead letters, keys that belong to nothing.

Exit code 3: something was found that is a warning or an error.`

func (a *app) doctor() *cobra.Command {
	var sla time.Duration
	var deep bool
	cmd := &cobra.Command{Use: "doctor", Short: "Look for trouble, and say what to do about it", Long: doctorLong, Args: cobra.NoArgs}
	cmd.Flags().DurationVar(&sla, "sla", 0, "how long a task may wait (default: autoscaler.target_sla.max_queue_wait_time_ms)")
	cmd.Flags().BoolVar(&deep, "deep", false, "look through the keys of large queues, too: it reads every task")
	cmd.RunE = a.with(func(ctx context.Context, s *session, _ []string) error {
		v := &visit{session: s, sla: sla, deep: deep}
		if sla == 0 {
			v.sla = s.settings.Autoscaler.TargetSLA.MaxQueueWaitTime
		}
		if err := v.examine(ctx); err != nil {
			return err
		}
		return v.report()
	})
	return cmd
}

func (v *visit) examine(ctx context.Context) (err error) {
	if v.queues, err = v.client.Queues(ctx); err != nil {
		return err
	}
	if v.workers, err = v.client.Workers(ctx); err != nil {
		return err
	}
	for _, check := range []func(context.Context) error{
		v.checkServers, v.checkLatency, v.checkWorkers, v.checkVersions, v.checkUnhandled, v.checkQueues, v.checkBacklogs, v.checkKeys,
	} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (v *visit) report() error {
	order := []level{bad, odd, info}
	slices.SortStableFunc(v.findings, func(a, b finding) int { return slices.Index(order, a.Level) - slices.Index(order, b.Level) })
	trouble := slices.ContainsFunc(v.findings, func(f finding) bool { return f.Level != info })
	if v.output == "json" {
		if v.findings == nil {
			v.findings = []finding{}
		}
		if err := console.JSON(v.process.Stdout, v.findings); err != nil {
			return err
		}
	} else if err := v.printFindings(trouble); err != nil {
		return err
	}
	if trouble {
		return &console.Error{Code: console.Findings}
	}
	return nil
}

func (v *visit) printFindings(trouble bool) error {
	for _, f := range v.findings {
		word := string(f.Level)
		if v.process.Colours() {
			word = levelLooks[f.Level].Paint(word)
		}
		if err := v.say("%s: %s", word, f.What); err != nil {
			return err
		}
		if f.Fix == "" {
			continue
		}
		if err := v.say("    %s", f.Fix); err != nil {
			return err
		}
	}
	if !trouble {
		return v.say("all is well: %s, %s", console.Count(len(v.queues), "queue"), console.Count(len(v.workers), "worker"))
	}
	return nil
}
