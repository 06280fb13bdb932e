package cli

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/config"
)

func (c *command) dashboard() *cobra.Command {
	cmd := &cobra.Command{
		Use: "dashboard", Short: "Serve the dashboard and its API, until interrupted", Args: cobra.NoArgs,
		Long: "Serve the dashboard and its API at web.listen, --listen, or 127.0.0.1:8080.",
	}
	c.addFlags(cmd)
	cmd.RunE = c.with(true, func(ctx context.Context, client *taskqueue.Client, settings *config.Config, logs *logs) error {
		settings.ServeDashboard()
		server, err := console.Listen(ctx, settings.Web.Listen)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.process.Stdout, "dashboard: %s%s/\n", server.URL(), settings.Web.RoutePrefix)
		return server.Run(ctx, handler(ctx, client, settings, logs.of("web")))
	})
	return cmd
}

// with is a command that needs the store, and no worker. What is dangerous about the
// store is told by one that goes on for long.
func (c *command) with(long bool, do func(context.Context, *taskqueue.Client, *config.Config, *logs) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		settings, err := c.load(cmd.Flags())
		if err != nil {
			return err
		}
		logs := &logs{settings: settings.Log, out: c.process.Stderr, colours: c.process.ErrTerminal}
		log := slog.New(slog.DiscardHandler)
		if long {
			log = logs.of("redis")
		}
		client, err := settings.Open(cmd.Context(), log)
		if err != nil {
			return console.NoStore(cmd.Context(), config.Redacted(settings.Redis.URL), err)
		}
		defer client.Close()
		return console.Fail(do(cmd.Context(), client, settings, logs))
	}
}
