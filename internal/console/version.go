package console

import (
	"fmt"
	"runtime/debug"
)

const ourModule = "github.com/tqgen/taskqueue"

// Versions are those of a program, of taskqueue and of Go.
func Versions(name string) string {
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
