package load

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

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

// scan reads every Go file of the module, level by level from its root, with as
// many readers as there are processors.
func scan(ctx context.Context, m Module) ([]Dir, error) {
	var dirs []Dir
	for level := []string{""}; len(level) > 0; {
		folders, err := readLevel(ctx, m, level)
		if err != nil {
			return nil, err
		}
		level = nil
		for _, f := range folders {
			level = append(level, f.below...)
			if f.hasGo {
				dirs = append(dirs, f.Dir)
			}
		}
	}
	slices.SortFunc(dirs, func(a, b Dir) int { return strings.Compare(a.Import, b.Import) })
	return dirs, nil
}

// readLevel reads some folders side by side.
func readLevel(ctx context.Context, m Module, rels []string) ([]folder, error) {
	folders, errs := make([]folder, len(rels)), make([]error, len(rels))
	var next atomic.Int64
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(rels)) {
		readers.Go(func() {
			r := reader{module: m}
			for i := int(next.Add(1)) - 1; i < len(rels) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				folders[i], errs[i] = r.folder(rels[i])
			}
		})
	}
	readers.Wait()
	return folders, errors.Join(errors.Join(errs...), ctx.Err())
}

// A folder is one of the module.
type folder struct {
	Dir
	hasGo bool
	below []string // folders in it that are to be read, too, from the root of the module
}

// A reader reads folders, one after the other.
type reader struct {
	module Module
	buffer []byte // for files: only a few are kept
}

// folder reads a folder and the Go files in it; one that is another module is
// left out.
func (r *reader) folder(rel string) (folder, error) {
	f := folder{Dir: Dir{Path: filepath.Join(r.module.Dir, filepath.FromSlash(rel)), Import: r.module.importPath(rel)}}
	entries, err := os.ReadDir(f.Path)
	if err != nil || rel != "" && slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == "go.mod" }) {
		return folder{}, err
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case e.IsDir():
			if sub := path.Join(rel, name); !r.module.skips(sub) {
				f.below = append(f.below, sub)
			}
		case goFile(name):
			f.hasGo = true
			if err := r.file(&f.Dir, name); err != nil {
				return f, err
			}
		}
	}
	return f, nil
}

// file looks for directives in a file, and for what tqgen wrote.
func (r *reader) file(d *Dir, name string) error {
	file := filepath.Join(d.Path, name)
	text, err := r.read(file)
	switch {
	case err != nil:
		return err
	case model.IsOutput(name) && bytes.HasPrefix(text, []byte(model.Header)):
		d.Output = append(d.Output, name)
	case directive.Suspicious(text):
		d.candidates = append(d.candidates, candidate{file, bytes.Clone(text)})
	}
	return nil
}

// read returns a file's text, which holds until the next read.
func (r *reader) read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text := r.buffer[:0]
	for {
		if len(text) == cap(text) {
			text = slices.Grow(text, 64<<10)
		}
		n, err := f.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		r.buffer = text
		if err == io.EOF {
			return text, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// goFile reports whether the go command looks at a file.
func goFile(name string) bool {
	return strings.HasSuffix(name, ".go") && name[0] != '.' && name[0] != '_'
}
