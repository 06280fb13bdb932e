//go:build tools

// Package tools names what the module needs but its code does not import, so
// that go.mod keeps the versions. This is the pattern for users of tqgen as
// well; either of these two makes the generator part of a project:
//
//	go get -tool github.com/tqgen/taskqueue/cmd/tqgen    (a tool line in go.mod: nothing else is needed)
//
//	import _ "github.com/tqgen/taskqueue/cmd/tqgen"      (a file like this one, for those who prefer it)
//
// and one line at the root of the module runs it for all packages at once:
//
//	//go:generate go tool tqgen ./...                                      (with the tool line)
//	//go:generate go run github.com/tqgen/taskqueue/cmd/tqgen ./...        (with the import)
package tools

import (
	_ "github.com/BurntSushi/toml"
	_ "github.com/dave/jennifer/jen"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/redis/go-redis/v9"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/tinylib/msgp/gen"
	_ "go.uber.org/goleak"
	_ "golang.org/x/term"
	_ "golang.org/x/tools/go/packages"
	_ "golang.org/x/tools/txtar"
	_ "pgregory.net/rapid"
)
