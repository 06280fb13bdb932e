package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
	"github.com/tqgen/taskqueue/runtime/config"
)

// A command is one run of a command line.
type command struct {
	program Program
	process *console.Process
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:           c.process.Name,
		Short:         "Work on tasks of a queue",
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	root.SetArgs(c.process.Args)
	root.SetOut(c.process.Stdout)
	root.SetErr(c.process.Stderr)
	root.AddCommand(c.worker(), c.enqueue(), c.schedule(), c.dashboard(), c.config(), c.version())
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
			fmt.Fprintf(c.process.Stderr, "%s: warning: %v\n", c.process.Name, w)
		}
		return c.printSettings(settings.Settings(), output)
	}
	return cmd
}

func (c *command) printSchema() error {
	text, err := config.Schema()
	if err == nil {
		_, err = fmt.Fprintf(c.process.Stdout, "%s\n", text)
	}
	return console.Fail(err)
}

func (c *command) printSettings(all []config.Setting, output string) error {
	switch output {
	case "json":
		return console.Fail(console.JSON(c.process.Stdout, all))
	case "table":
		table := console.Table{Columns: console.Columns("KEY", "VALUE", "SOURCE")}
		for _, s := range all {
			table.Add(s.Key, s.Value, s.Source)
		}
		return console.Fail(table.Print(c.process.Stdout, false))
	}
	return console.Misuse(fmt.Errorf("--output: %q is neither table nor json", output))
}

func (c *command) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print what this program was built from",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(c.process.Stdout, console.Versions(c.process.Name))
			return console.Fail(err)
		},
	}
}
