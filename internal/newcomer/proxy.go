package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const (
	modulePath = "github.com/tqgen/taskqueue"
	release    = "v0.1.0" // what newcomers find
)

// serve writes the checkout as a module proxy into a folder, in the layout that
// https://go.dev/ref/mod#module-proxy gives.
func serve(checkout, dir string) error {
	at := filepath.Join(dir, filepath.FromSlash(modulePath), "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	mod, err := os.ReadFile(filepath.Join(checkout, "go.mod"))
	if err != nil {
		return err
	}
	archive, err := os.Create(filepath.Join(at, release+".zip"))
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(at, "list"), []byte(release+"\n"), 0o644),
		os.WriteFile(filepath.Join(at, release+".info"), []byte(`{"Version":"`+release+`"}`), 0o644),
		os.WriteFile(filepath.Join(at, release+".mod"), mod, 0o644),
		zip.CreateFromDir(archive, module.Version{Path: modulePath, Version: release}, checkout),
		archive.Close(),
	)
}

// proxies is the list of proxies of a newcomer: ours first, then what this machine
// uses; where warm, the module cache before that, which is laid out as a proxy is.
func proxies(dir string, warm bool) (string, error) {
	out, err := exec.Command("go", "env", "GOPROXY", "GOMODCACHE").Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	list := []string{"file://" + filepath.ToSlash(dir)}
	if warm {
		list = append(list, "file://"+filepath.ToSlash(filepath.Join(lines[1], "cache", "download")))
	}
	return strings.Join(append(list, lines[0]), ","), nil
}
