package console

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Execute runs a command line. Where it was called wrongly, the error says how it is
// called rightly.
func Execute(ctx context.Context, root *cobra.Command) error {
	cmd, err := root.ExecuteContextC(ctx)
	if _, ours := errors.AsType[*Error](err); err == nil || ours {
		return err
	}
	text := strings.TrimSpace(err.Error())
	if strings.HasPrefix(text, "unknown command") {
		return Misuse(fmt.Errorf("%s\n`%s --help` lists them", text, cmd.CommandPath()))
	}
	return Misuse(fmt.Errorf("%s\nUsage: %s; --help has more", text, cmd.UseLine()))
}
