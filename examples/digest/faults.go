package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/tqgen/taskqueue/examples/digest/files"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// faults are copies of files that cannot be read at first: they lie under
// another name than the one that their tasks are given.
type faults struct {
	dir    string
	copies []faultyCopy
}

type faultyCopy struct {
	path     string
	failures int // that heal it; 0: it stays faulty
}

const away = ".away"

// plant makes n faulty copies in a temporary folder: one stays faulty, the
// others heal after one or two failures of the five that a task may have.
func plant(paths []string, n int) (*faults, error) {
	dir, err := os.MkdirTemp("", "digest-")
	if err != nil {
		return nil, err
	}
	f := &faults{dir: dir}
	for i := range n {
		if err := f.add(paths[i*len(paths)/n]); err != nil {
			return nil, errors.Join(err, f.remove())
		}
	}
	return f, nil
}

func (f *faults) add(original string) error {
	i := len(f.copies)
	c := faultyCopy{path: filepath.Join(f.dir, fmt.Sprintf("%03d.go", i))}
	if i > 0 {
		c.failures = 1 + i%2
	}
	f.copies = append(f.copies, c)
	return copyFile(c.path+away, original)
}

func (f *faults) remove() error { return os.RemoveAll(f.dir) }

func (f *faults) paths() []string {
	var paths []string
	for _, c := range f.copies {
		paths = append(paths, c.path)
	}
	return paths
}

const healEvery = 20 * time.Millisecond

// heal waits until the task of each copy has failed as often as the copy wants
// and then puts the copy in its place, well before the last attempt.
func (f *faults) heal(ctx context.Context, client *taskqueue.Client, ids []taskqueue.ID) (err error) {
	for left := f.curable(); len(left) > 0 && err == nil; {
		if err = files.Sleep(ctx, healEvery); err == nil {
			left, err = f.healSome(ctx, client, ids, left)
		}
	}
	return err
}

// healSome returns which copies are not healed yet.
func (f *faults) healSome(ctx context.Context, client *taskqueue.Client, ids []taskqueue.ID, left []int) (again []int, err error) {
	for _, i := range left {
		healed, err := f.copies[i].heal(ctx, client, ids[i])
		if err != nil {
			return nil, err
		}
		if !healed {
			again = append(again, i)
		}
	}
	return again, nil
}

func (f *faults) curable() []int {
	var indexes []int
	for i, c := range f.copies {
		if c.failures > 0 {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

func (c *faultyCopy) heal(ctx context.Context, client *taskqueue.Client, id taskqueue.ID) (bool, error) {
	entry, err := client.Find(ctx, id)
	switch {
	case errors.Is(err, taskqueue.ErrUnavailable): // for now
		return false, nil
	case err != nil:
		return false, err
	case entry.Message == nil || int(entry.Message.Attempts) < c.failures:
		return false, nil
	}
	return true, os.Rename(c.path+away, c.path)
}

func copyFile(to, from string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
