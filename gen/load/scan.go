package load

import (
	"bytes"
	"context"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/tqgen/taskqueue/gen/directive"
	"github.com/tqgen/taskqueue/gen/model"
)

// A Dir is a folder with Go files.
type Dir struct {
	Path   string   // absolute
	Import string   // import path
	Output []string // names of files that tqgen wrote here

	candidates []candidate
}

// A candidate is a file that may hold directives.
type candidate struct {
	path string
	text []byte
}

// scan walks the module and reads every Go file.
func scan(ctx context.Context, m Module) ([]Dir, error) {
	rels, err := folders(ctx, m, "")
	if err != nil {
		return nil, err
	}
	dirs, errs := make([]Dir, len(rels)), make([]error, len(rels))
	work := make(chan int)
	var readers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		readers.Go(func() {
			for i := range work {
				dirs[i], errs[i] = readDir(m, rels[i])
			}
		})
	}
	for i := range rels {
		work <- i
	}
	close(work)
	readers.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return dirs, nil
}

// folders lists the folders with Go files, from the root of the module, in
// order.
func folders(ctx context.Context, m Module, rel string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(m.Dir, filepath.FromSlash(rel)))
	if err != nil {
		return nil, err
	}
	var found, below []string
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() {
			if sub := path.Join(rel, name); !m.skips(sub) {
				more, err := folders(ctx, m, sub)
				if err != nil {
					return nil, err
				}
				below = append(below, more...)
			}
		} else if found == nil && goFile(name) {
			found = []string{rel}
		}
	}
	return append(found, below...), nil
}

// goFile reports whether the go command looks at a file.
func goFile(name string) bool {
	return strings.HasSuffix(name, ".go") && name[0] != '.' && name[0] != '_'
}

func readDir(m Module, rel string) (Dir, error) {
	d := Dir{Path: filepath.Join(m.Dir, filepath.FromSlash(rel)), Import: m.importPath(rel)}
	entries, err := os.ReadDir(d.Path)
	if err != nil {
		return d, err
	}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || !goFile(name) {
			continue
		}
		file := filepath.Join(d.Path, name)
		text, err := os.ReadFile(file)
		if err != nil {
			return d, err
		}
		switch {
		case model.IsOutput(name) && bytes.HasPrefix(text, []byte(model.Header)):
			d.Output = append(d.Output, name)
		case directive.Suspicious(text):
			d.candidates = append(d.candidates, candidate{file, text})
		}
	}
	return d, nil
}
