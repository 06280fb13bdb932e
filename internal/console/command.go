package console

import (
	"errors"
	"fmt"
	"strings"
)

// Called is the error of a command line, by the path and the usage of the command that
// was asked for. Where it was called wrongly, it says how it is called rightly; what has
// an exit code stays, and nil is none.
func Called(err error, path, usage string) error {
	if _, ours := errors.AsType[*Error](err); err == nil || ours {
		return err
	}
	text := strings.TrimSpace(err.Error())
	if strings.HasPrefix(text, "unknown command") {
		return Misuse(fmt.Errorf("%s\n`%s --help` lists them", text, path))
	}
	return Misuse(fmt.Errorf("%s\nUsage: %s; --help has more", text, usage))
}
