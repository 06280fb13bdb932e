package web

import (
	"cmp"
	"log/slog"
	"strings"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A Config says what a handler shows and to whom. The zero value shows everything
// to everybody who reaches it, and lets them change everything: mount it where only
// operators are, or set Auth.
type Config struct {
	// Prefix is the path under which the handler is mounted. Default "/tasks".
	Prefix string

	// Workers are those of this process. Health covers them, and what is told of this
	// process is about them.
	Workers []*taskqueue.Worker

	// Auth decides about each request. Default: everybody may do everything.
	Auth Authorizer

	// ReadOnly refuses every change.
	ReadOnly bool

	// HidePayloads shows no payloads and no results. By default the fields are shown
	// that the schemas of workers describe, without those that are tagged as secret.
	HidePayloads bool

	// ShowRaw also shows what no schema describes: payloads and results of kinds that
	// no worker has told of, progress, and the values of headers. They can hold secrets.
	ShowRaw bool

	// NoMetrics and NoHealthCheck leave out the seed's endpoints of that group.
	NoMetrics, NoHealthCheck bool

	// Done ends the streams of open dashboards when it is closed: give it the Done
	// of the context that ends the program, or http.Server.Shutdown waits for them.
	Done <-chan struct{}

	// Hosts are the names, without a port, under which a handler without Auth may
	// be reached through a loopback address, besides localhost. This keeps a page
	// on the internet from reaching it by a name that it points at 127.0.0.1.
	Hosts []string

	// Origins are the origins ("https://ops.example.com") of other pages that may
	// make changes. Default: only the dashboard's own.
	Origins []string

	// Thresholds say when something is an alert.
	Thresholds Thresholds

	// Logger gets a line for each change that somebody asked for, with who it was
	// and what came of it (info), and failures (error). Default: slog.Default().
	Logger *slog.Logger
}

// Thresholds say when something is an alert. A zero field has the default.
type Thresholds struct {
	Backlog     int64         // pending tasks of one queue; default 10,000
	ErrorRate   float64       // share of a queue's runs in the last minute that failed, if there were 20; default 0.05
	RunTime     time.Duration // the 95th percentile of a kind in the last 5 minutes, as far as somebody looked; default 5m
	MemoryBytes uint64        // of this process; default 1 GiB
	Utilization float64       // share of busy slots while tasks are pending that is too low; default 0: never
}

func (c Config) withDefaults() Config {
	c.Prefix = "/" + strings.Trim(cmp.Or(c.Prefix, "/tasks"), "/")
	if c.Prefix == "/" {
		c.Prefix = ""
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	t := &c.Thresholds
	t.Backlog = cmp.Or(t.Backlog, 10_000)
	t.ErrorRate = cmp.Or(t.ErrorRate, 0.05)
	t.RunTime = cmp.Or(t.RunTime, 5*time.Minute)
	t.MemoryBytes = cmp.Or(t.MemoryBytes, 1<<30)
	return c
}
