package gen_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tqgen/taskqueue/gen"
)

// Whatever happens to source while people edit it, tqgen ends, without a panic,
// and says the same with both loaders.
func TestMutations(t *testing.T) {
	const runs, compared = 300, 20 // the other loader takes its time
	all := stories(t)
	names := slices.Sorted(maps.Keys(all))
	r := rand.New(rand.NewPCG(78, 3))
	for i := range runs {
		s := all[names[r.IntN(len(names))]]
		s.input = slices.Clone(s.input)
		what := s.mutate(r)
		dir := s.module(t)
		fast, err := generate(t, gen.Config{Dir: dir})
		if err != nil {
			if !strings.Contains(what, "go.mod") { // that is no longer one
				t.Errorf("%s: %v", what, err)
			}
			continue
		}
		if i >= compared {
			continue
		}
		dir = s.module(t)
		other, err := generate(t, gen.Config{Dir: dir, Loader: "packages"})
		if err != nil {
			t.Logf("%s: %v", what, err)
		} else if diff := cmp.Diff(fast, other); diff != "" {
			t.Errorf("%s: the loaders differ (-fast +packages):\n%s", what, diff)
		}
	}
}

// nested reports whether a file is in a module inside of the story's.
func (s story) nested(name string) bool {
	return slices.ContainsFunc(s.input, func(f txtar.File) bool {
		dir, ok := strings.CutSuffix(f.Name, "/go.mod")
		return ok && strings.HasPrefix(name, dir+"/")
	})
}

// generate returns the diagnostics of a run, which must end in time.
func generate(t *testing.T, c gen.Config) (string, error) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	result, err := gen.Run(ctx, c)
	return text(result.Diagnostics), err
}

// mutate changes one file of a story as a slip of the hand would. Other modules
// are left alone: of one that does not compile the loaders know different things.
func (s story) mutate(r *rand.Rand) string {
	f := &s.input[r.IntN(len(s.input))]
	for s.nested(f.Name) {
		f = &s.input[r.IntN(len(s.input))]
	}
	lines := strings.SplitAfter(string(f.Data), "\n")
	i, j := r.IntN(len(lines)), r.IntN(len(lines))
	what := "nothing"
	switch r.IntN(5) {
	case 0:
		what, lines = "without a line", slices.Delete(lines, i, i+1)
	case 1:
		what, lines[i], lines[j] = "two lines swapped", lines[j], lines[i]
	case 2:
		what, lines = "a line twice", slices.Insert(lines, i, lines[j])
	default:
		words := strings.Fields(strings.Join(lines, " "))
		if len(words) > 1 {
			from, to := words[r.IntN(len(words))], words[r.IntN(len(words))]
			what, lines[i] = "another word", strings.Replace(lines[i], from, to, 1)
		}
	}
	f.Data = []byte(strings.Join(lines, ""))
	return s.path + ", " + f.Name + ": " + what
}
