//go:build tools

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
