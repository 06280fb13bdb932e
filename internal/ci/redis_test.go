package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakeMachine is a machine whose PATH has nothing but the given scripts.
func fakeMachine(t *testing.T, scripts map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, body := range scripts {
		writeScript(t, filepath.Join(dir, name), body)
	}
	t.Setenv("PATH", dir)
	t.Setenv("REDIS_SERVER", "")
	return dir
}

func writeScript(t *testing.T, path, body string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// installs is a package manager that knows one package, whose server appears on
// PATH, and refuses to install before its lists are there.
func installs(pkg, server string, needsRefresh bool) string {
	script := fmt.Sprintf(`
here=${0%%/*}
echo "$0 $*" | while read -r line; do echo "${line##*/}" >>"$here/log"; done
case "$*" in
update) : >"$here/lists" ;;
*" %s") if %t && ! test -e "$here/lists"; then exit 100; fi; printf '#!/bin/sh\n' >"$here/%s" && /bin/chmod +x "$here/%s" ;;
*) exit 100 ;;
esac`, pkg, needsRefresh, server, server)
	return script
}

func TestInstallRedis(t *testing.T) {
	tests := []struct {
		name     string
		scripts  map[string]string
		root, ci bool
		found    string   // the server afterwards
		log      []string // what the package manager was asked
		says     string
	}{
		{
			name:    "root, apt with lists",
			scripts: map[string]string{"apt-get": installs("redis-server", "redis-server", false)},
			root:    true, found: "redis-server",
			log: []string{"apt-get install -y --no-install-recommends redis-server"},
		}, {
			name:    "root, apt without lists",
			scripts: map[string]string{"apt-get": installs("redis-server", "redis-server", true)},
			root:    true, found: "redis-server",
			log: []string{
				"apt-get install -y --no-install-recommends redis-server",
				"apt-get install -y --no-install-recommends valkey-server",
				"apt-get update",
				"apt-get install -y --no-install-recommends redis-server",
			},
		}, {
			name:    "root, dnf with valkey only",
			scripts: map[string]string{"dnf": installs("valkey", "valkey-server", false)},
			root:    true, found: "valkey-server",
			log: []string{"dnf install -y redis", "dnf install -y valkey"},
		}, {
			name: "CI without root goes through sudo",
			scripts: map[string]string{
				"apt-get": installs("redis-server", "redis-server", false),
				"sudo":    `exec "$@"`,
			},
			ci: true, found: "redis-server",
			log: []string{"apt-get install -y --no-install-recommends redis-server"},
		}, {
			name:    "neither root nor CI",
			scripts: map[string]string{"apt-get": installs("redis-server", "redis-server", false)},
			says:    "sudo apt-get update && sudo apt-get install -y --no-install-recommends redis-server",
		}, {
			name:    "brew needs no root, but a yes",
			scripts: map[string]string{"brew": installs("redis", "redis-server", false)},
			says:    "    brew install redis\n",
		}, {
			name: "no package manager",
			root: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := fakeMachine(t, tt.scripts)
			var out bytes.Buffer
			installRedis(t.Context(), &out, tt.root, tt.ci)
			if got := strings.TrimPrefix(findRedis(), dir+"/"); got != tt.found {
				t.Errorf("found %q, want %q\n%s", got, tt.found, out.String())
			}
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			if diff := cmp.Diff(strings.Join(tt.log, "\n"), strings.TrimSpace(string(log))); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
			if !strings.Contains(out.String(), tt.says) {
				t.Errorf("the output lacks %q:\n%s", tt.says, out.String())
			}
		})
	}
}

func TestPrepareRedis(t *testing.T) {
	t.Run("REDIS_SERVER comes first", func(t *testing.T) {
		dir := fakeMachine(t, map[string]string{"redis-server": "", "other": ""})
		t.Setenv("REDIS_SERVER", filepath.Join(dir, "other"))
		path, r := prepareRedis(t.Context(), &bytes.Buffer{})
		if path != filepath.Join(dir, "other") || r.failed != 0 {
			t.Errorf("got %q, %+v", path, r)
		}
	})
	t.Run("no server is a failure", func(t *testing.T) {
		fakeMachine(t, nil)
		var out bytes.Buffer
		path, r := prepareRedis(t.Context(), &out)
		if path != "" || r.failed != 1 || !strings.Contains(out.String(), "no redis-server") {
			t.Errorf("got %q, %+v\n%s", path, r, out.String())
		}
	})
}
