package tq

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tqgen/taskqueue/internal/console"
)

// A consent is what the user says to a command that destroys.
type consent struct{ yes, dryRun bool }

func (c *consent) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&c.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVarP(&c.dryRun, "dry-run", "n", false, "say what would be done, and do nothing")
	cmd.MarkFlagsMutuallyExclusive("yes", "dry-run")
}

const nothing = "none" // was done

// given asks, if need be, whether to do what the words say ("drop 3 tasks of queue
// mail"). On a dry run it says so.
func (s *session) given(c consent, format string, args ...any) (bool, error) {
	what := fmt.Sprintf(format, args...)
	switch {
	case c.dryRun:
		return false, s.did(outcome{Outcome: nothing, Would: what}, "would %s", what)
	case c.yes:
		return true, nil
	case !s.process.InTerminal || !s.process.Terminal:
		return false, console.Misuse(fmt.Errorf("this would %s; add --yes to do it, or --dry-run to see what it does", what))
	}
	fmt.Fprintf(s.process.Stdout, "This will %s. Go on? [y/N] ", what)
	line, err := bufio.NewReader(s.process.Stdin).ReadString('\n')
	if err != nil {
		return false, err
	}
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
		return false, s.did(outcome{Outcome: nothing}, "nothing was done")
	}
	return true, nil
}
