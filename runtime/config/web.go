package config

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/web"
)

// WebConfig is what the table web says of web.Handler; the workers of the process
// are the caller's to add.
func (c *Config) WebConfig() web.Config {
	w := c.Web
	config := web.Config{
		Prefix: w.RoutePrefix, ReadOnly: w.ReadOnly,
		NoMetrics: !w.EnableMetrics, NoHealthCheck: !w.EnableHealthCheck,
	}
	switch {
	case w.Password != "":
		config.Auth = authorizer(w.Password)
	case w.Listen != "" && !loopback(w.Listen):
		config.ReadOnly, config.HidePayloads = true, true
	}
	return config
}

// Mount adds the HTTP interface to a mux, unless Web.AutoConfigureRoutes is off.
// It covers the workers, those of this process.
func (c *Config) Mount(mux *http.ServeMux, client *taskqueue.Client, workers ...*taskqueue.Worker) {
	config := c.WebConfig()
	config.Workers = workers
	c.MountAs(mux, client, config)
}

// MountAs is Mount with a config that was changed.
func (c *Config) MountAs(mux *http.ServeMux, client *taskqueue.Client, config web.Config) {
	if c.Web.AutoConfigureRoutes {
		mux.Handle(strings.TrimSuffix(config.Prefix, "/")+"/", web.Handler(client, config))
	}
}

// ServeDashboard lets the web interface be served, on loopback unless an address is
// set: who asks for a dashboard gets one that only this machine can reach.
func (c *Config) ServeDashboard() {
	c.Web.Listen = cmp.Or(c.Web.Listen, "127.0.0.1:8080")
	c.Web.AutoConfigureRoutes = true
}

// Serves reports whether a worker is to serve HTTP, at Web.Listen.
func (c *Config) Serves() bool { return c.Web.Listen != "" && c.Web.AutoConfigureRoutes }

// authorizer lets who knows the password do everything, as a user of any name or
// with a bearer token, and everybody ask for the health.
func authorizer(password string) web.Authorizer {
	want := sha256.Sum256([]byte(password))
	return func(r *http.Request, a web.Action) (string, error) {
		user, given, basic := r.BasicAuth()
		if !basic {
			user = "token"
			given, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		}
		got := sha256.Sum256([]byte(given))
		switch {
		case subtle.ConstantTimeCompare(got[:], want[:]) == 1:
			return user, nil
		case a == web.ViewHealth:
			return "anybody", nil
		}
		return "", web.ErrUnauthenticated
	}
}

// loopback reports whether only this machine can reach an address.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
