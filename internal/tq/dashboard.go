package tq

import (
	"cmp"
	"context"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
)

func (a *app) dashboard() *cobra.Command {
	var listen string
	var readOnly bool
	cmd := &cobra.Command{
		Use: "dashboard", Short: "Serve the dashboard and its API, until interrupted", Args: cobra.NoArgs,
		Long: "Serve the dashboard and its API, on loopback unless told otherwise. web.password of the\nconfiguration is asked for; on an address that others can reach, and without one, nothing can\nbe changed and no payloads are shown.",
	}
	cmd.Flags().StringVar(&listen, "listen", "", "HOST:PORT (default: web.listen of the configuration, or 127.0.0.1:8080)")
	cmd.Flags().BoolVar(&readOnly, "read-only", false, "refuse every change")
	cmd.RunE = a.with(func(ctx context.Context, s *session, _ []string) error {
		c := s.settings
		c.Web.Listen = cmp.Or(listen, c.Web.Listen)
		c.Web.ReadOnly = c.Web.ReadOnly || readOnly
		c.ServeDashboard()
		server, err := console.Listen(ctx, c.Web.Listen)
		if err != nil {
			return err
		}
		mux := http.NewServeMux()
		settings := c.WebConfig()
		settings.Done = ctx.Done()
		c.MountAs(mux, s.client, settings)
		url := server.URL() + c.Web.RoutePrefix + "/"
		if err := s.did(outcome{Outcome: "serving", URL: url}, "dashboard: %s", url); err != nil {
			return err
		}
		return server.Run(ctx, mux)
	})
	return cmd
}
