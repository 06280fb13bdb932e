package chaos

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/internal/chaos/work"
)

// A gate holds up what a worker runs until the scenario opens it, so that what shall
// happen meanwhile needs no time in which it may not happen. Each worker has one of
// its own, and one in common with all others.
const gateSuffix = ".gate"

const allGates = "all"

// gates are the files of which one must be there before a worker's tasks go on.
func gates(dir, worker string) []string {
	return []string{filepath.Join(dir, worker+gateSuffix), filepath.Join(dir, allGates+gateSuffix)}
}

// pass waits for an open gate.
func pass(ctx context.Context, gates []string) error {
	for !slices.ContainsFunc(gates, exists) {
		if err := sleep(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Open opens the gates of workers, or of all that there are and will be.
func (s *Stage) Open(workers ...*Process) {
	s.t.Helper()
	names := []string{allGates}
	if len(workers) > 0 {
		names = nil
	}
	for _, w := range workers {
		names = append(names, w.name)
	}
	for _, name := range names {
		s.write(filepath.Join(s.dir, name+gateSuffix), "", 0o600)
	}
}

// holder starts a worker and has it run a task that does not end before its gate
// opens, so that what is done to it then hits a running task. There is no other
// worker yet.
func (s *Stage) holder() *Process {
	s.t.Helper()
	w := s.Worker()
	s.Sender(1, 0, work.Step{Act: work.Hold})
	s.awaitRecords("the worker begins", w, 1, began)
	return w
}

// awaitRecords waits until so many records of an actor, or of all, please.
func (s *Stage) awaitRecords(what string, actor *Process, n int, ok func(*Record) bool) {
	s.t.Helper()
	for start := time.Now(); ; s.Sleep(20 * time.Millisecond) {
		seen := 0
		for _, r := range s.records() {
			if (actor == nil || r.Actor == actor.name) && ok(&r) {
				seen++
			}
		}
		if seen >= n {
			return
		}
		if time.Since(start) > patience {
			s.t.Errorf("not within %v: %s, %d times; %d times it did", patience, what, n, seen)
			return
		}
	}
}

// more waits until a producer has sent so many more.
func (s *Stage) more(sender *Process, n int) {
	s.t.Helper()
	sent := s.count(func(r *Record) bool { return r.Actor == sender.name && acked(r) })
	s.awaitRecords("the producer sends", sender, sent+n, acked)
}

func began(r *Record) bool { return r.Event == Began }

func acked(r *Record) bool { return r.Event == Acked }

func endedWell(r *Record) bool { return r.Event == Ended && r.How == Done }
