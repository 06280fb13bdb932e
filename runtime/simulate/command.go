package simulate

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// Command is `tq autoscale simulate`: it parses the arguments that follow those
// words and runs. Asked for help it prints that and returns nil.
func Command(ctx context.Context, args []string, out io.Writer) error {
	var o Options
	err := o.parse(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	return Run(ctx, o, out)
}

func (o *Options) parse(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("simulate", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the caller prints errors
	flags.StringVar(&o.Trace, "trace", "", "`name` of a trace, or a file of one: FILE.csv, FILE.csv.gz")
	flags.StringVar(&o.Config, "config", "", "configuration `file` with a table autoscaler (default: the defaults)")
	flags.BoolVar(&o.OwnTargets, "own-targets", false, "bounds and targets of the configuration, not those of the trace")
	flags.Int64Var(&o.Seed, "seed", 0, "`number` that draws the trace, start-up delays and failures (default: the file's, or 1)")
	compare := flags.String("compare", "", "`controllers` to run beside ours: hpa,keda,kpa,seed,aws,…")
	flags.BoolVar(&o.JSON, "json", false, "print JSON")
	flags.BoolVar(&o.Explain, "explain", false, "print each change of size with its reason")
	flags.StringVar(&o.SVG, "svg", "", "`file` to draw the runs to")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(out, "Run the autoscaler over a trace, in simulation.\n\nUsage: simulate --trace NAME|FILE [flags]\n\nTraces: %s\nControllers: %s\n\n",
			strings.Join(Traces(), ", "), strings.Join(Controllers(), ", "))
		flags.SetOutput(out)
		flags.PrintDefaults()
		return err
	case err != nil:
		return err
	case flags.NArg() > 0:
		return fmt.Errorf("simulate: what is %q? It takes flags only", flags.Arg(0))
	}
	if o.Trace == "" {
		return fmt.Errorf("simulate: --trace is needed: a file, or one of %s", strings.Join(Traces(), ", "))
	}
	if *compare != "" {
		o.Compare = strings.Split(*compare, ",")
	}
	return nil
}
