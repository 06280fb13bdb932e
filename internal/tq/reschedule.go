package tq

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func (a *app) reschedule() *cobra.Command {
	var after time.Duration
	cmd := &cobra.Command{
		Use: "reschedule ID", Short: "Give a scheduled task another time", Args: cobra.ExactArgs(1),
		Example: "  tq tasks reschedule 0198c3c8-d0b0-7f00-a1b2-c3d4e5f60718 --in 2h",
	}
	cmd.Flags().DurationVar(&after, "in", 0, "how long from now, by the store's clock")
	_ = cmd.MarkFlagRequired("in")
	cmd.RunE = a.with(func(ctx context.Context, s *session, args []string) error {
		id, err := taskqueue.ParseID(args[0])
		if err != nil {
			return console.Misuse(err)
		}
		if err := s.client.Reschedule(ctx, id, after); err != nil {
			return err
		}
		return s.did(outcome{Outcome: "rescheduled", ID: &id}, "%v runs in %v", id, after)
	})
	return cmd
}
