package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite what the scripts compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tqgen": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup:               useCaches,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exitsWith},
		Condition:           func(name string) (bool, error) { return name == "root" && os.Getuid() == 0, nil },
	})
}

// useCaches gives the scripts the go command's caches: they have a home of their
// own.
func useCaches(env *testscript.Env) error {
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		dir, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return err
		}
		env.Setenv(name, strings.TrimSpace(string(dir)))
	}
	return nil
}

// exitsWith runs a command that must end with a code: exits 2 tqgen -nonsense.
func exitsWith(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG…]")
	}
	err := ts.Exec(args[1], args[2:]...)
	var code *exec.ExitError
	switch {
	case err == nil:
		ts.Fatalf("exit code 0, not %s", args[0])
	case !errors.As(err, &code):
		ts.Fatalf("%v", err)
	case strconv.Itoa(code.ExitCode()) != args[0]:
		ts.Fatalf("exit code %d, not %s", code.ExitCode(), args[0])
	}
}
