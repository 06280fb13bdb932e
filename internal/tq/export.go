package tq

import (
	"bufio"
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func (a *app) export(only []string) *cobra.Command {
	f := filter{states: only}
	var raw bool
	var limit int
	cmd := &cobra.Command{
		Use: "export", Short: "Write them as JSON, a line each", Args: cobra.NoArgs,
		Long: "Write tasks as JSON, one a line, all that are meant. Of payloads those fields are written that the\nschemas of workers describe, without those that are secret; --raw writes payloads as they are, too.",
	}
	f.flags(a, cmd, only == nil)
	cmd.Flags().BoolVar(&raw, "raw", false, "write what can hold secrets, too")
	cmd.Flags().IntVar(&limit, "limit", 0, "how many to write at most (default: all)")
	cmd.RunE = a.with(func(ctx context.Context, s *session, _ []string) error {
		if err := f.read(); err != nil {
			return console.Misuse(err)
		}
		return s.exportAll(ctx, &f, limit, raw)
	})
	return cmd
}

func (s *session) exportAll(ctx context.Context, f *filter, limit int, raw bool) error {
	places, err := s.places(ctx, f)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(s.process.Stdout)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	n := 0
	for _, p := range places {
		_, err := s.scan(ctx, p, f, 0, func(page []taskqueue.Entry) (bool, error) {
			for i := range page {
				if limit > 0 && n == limit {
					return false, nil
				}
				n++
				v := viewTask(&page[i])
				if err := s.reveal(ctx, &page[i], &v, raw); err != nil {
					return false, err
				}
				if err := lines.Encode(v); err != nil {
					return false, err
				}
			}
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	s.note("%s written", console.Count(n, "task"))
	return nil
}
