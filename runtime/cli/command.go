package cli

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/runtime/config"
)

// A command is one run of a command line.
type command struct {
	program Program
	process *process
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:           c.process.name,
		Short:         "Work on tasks of a queue",
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	root.SetArgs(c.process.args)
	root.SetOut(c.process.stdout)
	root.SetErr(c.process.stderr)
	root.AddCommand(c.worker(), c.config(), c.version())
	return root
}

func (c *command) worker() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Run tasks until SIGTERM or SIGINT; a second one aborts",
		Long: "Run tasks until SIGTERM or SIGINT. Then nothing new begins, and what runs may finish\n" +
			"within workers.shutdown_grace_period. A second signal aborts.",
		Args: cobra.NoArgs,
	}
	c.addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		settings, err := c.load(cmd.Flags())
		if err != nil {
			return err
		}
		return c.work(cmd.Context(), settings)
	}
	return cmd
}

func (c *command) config() *cobra.Command {
	var output string
	var schema bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print each setting and where it came from",
		Long:  "Print each setting and where it came from. Passwords are not shown.",
		Args:  cobra.NoArgs,
	}
	c.addFlags(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	cmd.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of task-queue.toml instead")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if schema {
			return c.printSchema()
		}
		settings, err := c.load(cmd.Flags())
		if err != nil {
			return err
		}
		for _, w := range settings.Warnings {
			fmt.Fprintf(c.process.stderr, "%s: warning: %v\n", c.process.name, w)
		}
		return c.printSettings(settings.Settings(), output)
	}
	return cmd
}

func (c *command) printSchema() error {
	text, err := config.Schema()
	if err == nil {
		_, err = fmt.Fprintf(c.process.stdout, "%s\n", text)
	}
	return failed(err)
}

func (c *command) printSettings(all []config.Setting, output string) error {
	switch output {
	case "json":
		e := json.NewEncoder(c.process.stdout)
		e.SetIndent("", "  ")
		return failed(e.Encode(all))
	case "table":
		w := tabwriter.NewWriter(c.process.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "KEY\tVALUE\tSOURCE")
		for _, s := range all {
			fmt.Fprintf(w, "%s\t%s\t%s\n", s.Key, s.Value, s.Source)
		}
		return failed(w.Flush())
	}
	return fmt.Errorf("--output: %q is neither table nor json", output)
}

// failed is an error that is not the caller's fault.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitFailed, err}
}

func (c *command) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print what this program was built from",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(c.process.stdout, versions(c.process.name))
			return failed(err)
		},
	}
}

const ourModule = "github.com/tqgen/taskqueue"

// versions are those of the program, of taskqueue and of Go.
func versions(name string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return name + " (built without module information)"
	}
	ours := info.Main.Version
	for _, m := range info.Deps {
		if m.Path == ourModule {
			ours = m.Version
		}
	}
	return fmt.Sprintf("%s %s (taskqueue %s, %s)", name, known(info.Main.Version), known(ours), info.GoVersion)
}

func known(version string) string {
	if version == "" {
		return "(devel)"
	}
	return version
}
