package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/config"
)

// addFlags makes a flag of each key that has one. All are text here: config
// reads them, so that a mistake in a flag is reported with all others.
func (c *command) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringP(configFlag, "c", "", "the file to read (default: the first of task-queue.toml, task-queue.yaml, config/…)")
	for _, f := range config.Flags() {
		flags.VarPF(new(flagText), f.Name, f.Short, f.Usage)
		if f.Bool {
			flags.Lookup(f.Name).NoOptDefVal = "true"
		}
	}
	c.complete(cmd)
}

// addStoreFlags makes the flags that say where the store is.
func (c *command) addStoreFlags(flags *pflag.FlagSet) {
	flags.StringP(configFlag, "c", "", "the file to read (default: the first of task-queue.toml, task-queue.yaml, config/…)")
	for _, f := range config.Flags() {
		if strings.HasPrefix(f.Key, "redis.") && flags.Lookup(f.Name) == nil {
			flags.VarPF(new(flagText), f.Name, f.Short, f.Usage)
		}
	}
}

// complete tells shells what flags take, as far as that is known.
func (c *command) complete(cmd *cobra.Command) {
	queues := []string{taskqueue.HighPriority, taskqueue.Default, taskqueue.LowPriority}
	var kinds []string
	for _, t := range c.program.Tasks {
		if t.Kind == nil {
			continue
		}
		kinds = append(kinds, t.Kind.Name)
		if q := t.Kind.Settings.Queue; q != "" && !slices.Contains(queues, q) {
			queues = append(queues, q)
		}
	}
	for flag, words := range map[string][]string{
		"kinds": kinds, "queues": queues,
		"log-level": {"debug", "info", "warn", "error"}, "log-format": {"json", "compact", "pretty", "text"},
	} {
		// It fails only for a flag that is not there, or the second time.
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
}

const configFlag = "config"

// A flagText is the text of a flag.
type flagText string

// String implements pflag.Value.
func (t *flagText) String() string { return string(*t) }

// Set implements pflag.Value.
func (t *flagText) Set(s string) error { *t = flagText(s); return nil }

// Type implements pflag.Value.
func (t *flagText) Type() string { return "value" }

// load reads the configuration with the flags that were given.
func (c *command) load(flags *pflag.FlagSet) (*config.Config, error) {
	o := config.Options{Environ: c.process.Environ, Flags: map[string]string{}, Code: c.program.Configure}
	flags.Visit(func(f *pflag.Flag) {
		switch f.Value.(type) {
		case *flagText:
			o.Flags[f.Name] = f.Value.String()
		default:
			if f.Name == configFlag {
				o.File = f.Value.String()
			}
		}
	})
	settings, err := config.Load(o)
	if err != nil {
		return nil, console.Misuse(err)
	}
	return settings, nil
}
