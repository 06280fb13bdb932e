// Package tq is the operator's command line: see docs/tq.md.
//
// Every command reads a bounded part of the store, so that it answers as fast at ten
// million tasks; where that is not all, it says so.
package tq

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/config"
)

// Main carries out the command line of the process and returns the exit code.
func Main() int { return console.Main(run) }

func run(process *console.Process) int {
	return process.Run("aborted", (&app{process: process}).execute)
}

func (a *app) execute(ctx context.Context) error {
	cmd, err := a.root().ExecuteContextC(ctx)
	return console.Called(err, cmd.CommandPath(), cmd.UseLine())
}

// An app is one run of the command line.
type app struct {
	process *console.Process
	output  string
	file    string
	url     string
	prefix  string
}

const help = `Look at task queues and change them.

The store is that of --redis-url, of REDIS_URL, or of task-queue.toml, as for workers.

Exit codes: 0 all is well; 1 it failed, or there is no such thing; 2 wrong usage, bad
settings, or no store; 3 doctor found something; 130 interrupted.`

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use: "tq", Short: "Look at task queues and change them", Long: help,
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.checkOutput() },
	}
	root.SetArgs(a.process.Args)
	root.SetOut(a.process.Stdout)
	root.SetErr(a.process.Stderr)
	flags := root.PersistentFlags()
	flags.SortFlags = false
	flags.StringVarP(&a.url, "redis-url", "r", "", "the store (default: as the configuration says)")
	flags.StringVar(&a.prefix, "redis-prefix", "", "what all keys begin with (default: as the configuration says)")
	flags.StringVarP(&a.file, "config", "c", "", "the configuration file (default: the first of task-queue.toml, task-queue.yaml, config/…)")
	flags.StringVarP(&a.output, "output", "o", "table", "table or json")
	_ = root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp))
	root.AddCommand(a.stats(), a.queues(), a.tasks(), a.dead(), a.workers(), a.schedule(),
		a.autoscale(), a.tail(), a.dashboard(), a.doctor(), a.repair(), a.top(), a.config(), a.version())
	return root
}

func (a *app) checkOutput() error {
	if a.output != "table" && a.output != "json" {
		return console.Misuse(fmt.Errorf("--output: %q is neither table nor json", a.output))
	}
	return nil
}

// settings reads the configuration.
func (a *app) settings(flags *pflag.FlagSet) (*config.Config, error) {
	o := config.Options{File: a.file, Environ: a.process.Environ, Flags: map[string]string{}}
	for _, name := range []string{"redis-url", "redis-prefix"} {
		if f := flags.Lookup(name); f != nil && f.Changed {
			o.Flags[name] = f.Value.String()
		}
	}
	c, err := config.Load(o)
	return c, console.Misuse(err)
}

// A session is an open store.
type session struct {
	*app
	settings *config.Config
	store    broker.Broker
	client   *taskqueue.Client
	schemas  map[string]string // of kinds, once they are asked for
}

// with is a command that needs the store.
func (a *app) with(do func(ctx context.Context, s *session, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		settings, err := a.settings(cmd.Flags())
		if err != nil {
			return err
		}
		ctx := cmd.Context()
		if err := console.Listens(ctx, settings.Redis.URL); err != nil {
			return console.NoStore(ctx, config.Redacted(settings.Redis.URL), err)
		}
		s := &session{app: a, settings: settings}
		if s.store, err = settings.OpenStore(ctx, slog.New(slog.DiscardHandler)); err != nil {
			return console.NoStore(ctx, config.Redacted(settings.Redis.URL), err)
		}
		if s.client, err = taskqueue.NewClient(s.store, settings.ClientConfig()); err != nil {
			_ = s.store.Close()
			return console.Misuse(err)
		}
		defer s.client.Close()
		return interrupted(ctx, do(ctx, s, args))
	}
}

// interrupted tells a failure from an end by a signal.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return &console.Error{Code: console.Interrupted, Err: fmt.Errorf("interrupted")}
	}
	return console.Fail(err)
}

// show prints a value for programs, or the table for people.
func (a *app) show(v any, table *console.Table, none string) error {
	switch {
	case a.output == "json":
		return console.JSON(a.process.Stdout, v)
	case table.Len() == 0:
		return a.say("%s", none)
	}
	return table.Print(a.process.Stdout, a.process.Colours())
}

// say prints a line for people.
func (a *app) say(format string, args ...any) error {
	_, err := fmt.Fprintf(a.process.Stdout, format+"\n", args...)
	return err
}

// note prints a line beside the output.
func (a *app) note(format string, args ...any) {
	fmt.Fprintf(a.process.Stderr, format+"\n", args...)
}

// group is a command that has others.
func group(use, short string, aliases []string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Aliases: aliases, Args: cobra.NoArgs}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.AddCommand(commands...)
	return cmd
}

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print what this program was built from", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.printVersion() },
	}
}

func (a *app) printVersion() error {
	text := console.Versions("tq")
	if a.output == "json" {
		return console.JSON(a.process.Stdout, map[string]string{"version": text})
	}
	return a.say("%s", text)
}

func (a *app) config() *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: "Print each setting and where it came from", Args: cobra.NoArgs,
		Long: "Print each setting and where it came from. Passwords are not shown.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := a.settings(cmd.Flags())
			if err != nil {
				return err
			}
			for _, w := range settings.Warnings {
				a.note("tq: warning: %v", w)
			}
			table := console.Table{Columns: console.Columns("KEY", "VALUE", "SOURCE")}
			for _, s := range settings.Settings() {
				table.Add(s.Key, s.Value, console.Cell{Text: s.Source, Look: console.Faint})
			}
			return a.show(settings.Settings(), &table, "")
		},
	}
}
