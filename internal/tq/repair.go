package tq

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	"github.com/tqgen/taskqueue/runtime/broker/redisbroker"
)

// An examiner is a store that can look through all that it keeps.
type examiner interface {
	Audit(ctx context.Context, queue string) ([]redisbroker.Defect, error)
	Repair(ctx context.Context, queue string) ([]redisbroker.Defect, error)
}

var errNoExaminer = errors.New("only what Redis keeps can be looked through")

// A defectView is a defect for programs.
type defectView struct {
	Queue  string `json:"queue"`
	Key    string `json:"key"`
	Defect string `json:"defect"`
	Task   string `json:"task,omitempty"`
	Detail string `json:"detail,omitempty"`
	Mended bool   `json:"mended"`
}

const repairLong = `Look through all that Redis keeps of the queues for what the protocol would not leave there: the work
of a foreign hand, of a broken disk, of a restore of half a backup. Then mend it, each thing in one
atomic step, while work goes on: nothing readable is lost, and what cannot go on is a dead letter.

It reads every task of a queue once and holds all of them in memory.
Exit code 3, on a dry run: there is something to mend.`

func (a *app) repair() *cobra.Command {
	var ok consent
	cmd := &cobra.Command{Use: "repair [QUEUE…]", Short: "Look through all that Redis keeps, and mend it", Long: repairLong, ValidArgsFunction: a.completeQueues}
	ok.flags(cmd)
	cmd.RunE = a.with(func(ctx context.Context, s *session, queues []string) error {
		store, fits := s.store.(examiner)
		if !fits {
			return errNoExaminer
		}
		infos, err := s.client.Queues(ctx, queues...)
		if err != nil {
			return err
		}
		do := store.Audit
		if !ok.dryRun && len(infos) > 0 {
			do = store.Repair
			if yes, err := s.given(ok, "mend what is wrong in %s", console.Count(len(infos), "queue")); !yes {
				return err
			}
		}
		views := []defectView{}
		table := console.Table{Columns: console.Columns("QUEUE", "DEFECT", "TASK", "KEY", "DETAIL", "MENDED")}
		for i := range infos {
			defects, err := do(ctx, infos[i].Queue)
			if err != nil {
				return fmt.Errorf("queue %s: %w", infos[i].Queue, err)
			}
			for j := range defects {
				v := viewDefect(infos[i].Queue, &defects[j])
				views = append(views, v)
				table.Add(v.Queue, v.Defect, v.Task, v.Key, v.Detail, map[bool]string{true: "yes", false: "no"}[v.Mended])
			}
		}
		if err := s.show(views, &table, "nothing is wrong in "+console.Count(len(infos), "queue")); err != nil {
			return err
		}
		if ok.dryRun && len(views) > 0 {
			return &console.Error{Code: console.Findings}
		}
		return nil
	})
	return cmd
}

func viewDefect(queue string, d *redisbroker.Defect) defectView {
	v := defectView{Queue: queue, Key: d.Key, Defect: string(d.Kind), Detail: d.Detail, Mended: d.Mended}
	if !d.ID.IsZero() {
		v.Task = d.ID.String()
	}
	return v
}

// auditLimit is how many tasks a queue may have for the doctor to look through all
// of it unasked.
const auditLimit = 100_000

// checkKeys looks through what Redis keeps, of queues that are not too large for that.
func (v *visit) checkKeys(ctx context.Context) error {
	store, ok := v.store.(examiner)
	if !ok {
		return nil
	}
	for i := range v.queues {
		q := &v.queues[i]
		if n := q.Pending + q.Scheduled + q.Parked + q.Dead; n > auditLimit && !v.deep {
			v.found(info, fmt.Sprintf("the keys of queue %s were not looked through: it has %d tasks", q.Queue, n), "tq doctor --deep, or tq repair --dry-run "+q.Queue)
			continue
		}
		defects, err := store.Audit(ctx, q.Queue)
		if err != nil {
			v.found(info, fmt.Sprintf("the keys of queue %s could not be looked through: %v", q.Queue, err), "")
			continue
		}
		for j := range defects {
			if j == fewNamed {
				v.found(bad, fmt.Sprintf("and %d more defects in queue %s", len(defects)-j, q.Queue), "")
				break
			}
			v.found(bad, defects[j].String(), "tq repair "+q.Queue)
		}
	}
	return nil
}
