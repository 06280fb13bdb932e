package main

import (
	"context"
	"io/fs"
	"path/filepath"
)

func (o *options) find(ctx context.Context) (root string, paths []string, err error) {
	if root, err = o.directory(ctx); err == nil {
		paths, err = find(root)
	}
	return root, paths, err
}

// find lists the regular .go files under root, sorted by path.
func find(root string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && filepath.Ext(path) == ".go" {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		return nil, usage("%w", err)
	}
	if len(paths) == 0 {
		return nil, usage("there is no .go file under %s; name another tree with -root", root)
	}
	return paths, nil
}
