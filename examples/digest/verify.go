package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"

	"github.com/tqgen/taskqueue/examples/digest/files"
)

// verify digests files again, by other means than the workers, and returns how
// many agree, and for each other one what is wrong.
func verify(ctx context.Context, paths []string, outcomes map[string]outcome) (agree int, problems []string, err error) {
	for _, path := range paths {
		if ctx.Err() != nil {
			return agree, problems, context.Cause(ctx)
		}
		if problem := check(path, outcomes[path]); problem != "" {
			problems = append(problems, problem)
			continue
		}
		agree++
	}
	return agree, problems, nil
}

func check(path string, o outcome) string {
	content, err := os.ReadFile(path)
	switch {
	case err != nil:
		return err.Error()
	case o.err != nil:
		return fmt.Sprintf("%s: %v", path, o.err)
	case o.sum == nil:
		return path + ": no result"
	}
	got := files.Sum{Size: o.sum.Size, Lines: o.sum.Lines, SHA256: o.sum.SHA256}
	if want := again(content); got != want {
		return fmt.Sprintf("%s: the queue says %+v, the file is %+v", path, got, want)
	}
	return ""
}

// again is what the digest of content should be.
func again(content []byte) files.Sum {
	lines := bytes.Count(content, []byte("\n"))
	if len(content) > 0 && !bytes.HasSuffix(content, []byte("\n")) {
		lines++
	}
	return files.Sum{Size: int64(len(content)), Lines: int64(lines), SHA256: sha256.Sum256(content)}
}
