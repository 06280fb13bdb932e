package chaos

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/tqgen/taskqueue/internal/chaos/work"
	"github.com/tqgen/taskqueue/internal/redistest"
)

// clockScenarios need Redis' clock to differ from the workers'. A process cannot
// have a clock of its own, so Redis gets one through a library that answers in
// place of the C library. Only the difference counts, so that is the same as
// workers whose clocks are off the other way.
func clockScenarios() []Scenario {
	return []Scenario{
		{Name: "clocks", Does: "the clocks of the workers are 75 s behind and 1 h ahead of Redis'; delays, retries and a kill", Need: "cc", Run: clocks},
	}
}

const clockLibrary = `
#include <dlfcn.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int gettimeofday(struct timeval *tv, void *tz) {
	(void)tz;
	struct timespec t;
	if (syscall(SYS_clock_gettime, CLOCK_REALTIME, &t) != 0) return -1;
	tv->tv_sec = t.tv_sec + (OFFSET);
	tv->tv_usec = t.tv_nsec / 1000;
	return 0;
}

int clock_gettime(clockid_t id, struct timespec *t) {
	int err = syscall(SYS_clock_gettime, id, t);
	if (err == 0 && id == CLOCK_REALTIME) t->tv_sec += (OFFSET);
	return err;
}

time_t time(time_t *out) {
	struct timespec t;
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &t);
	t.tv_sec += (OFFSET);
	if (out) *out = t.tv_sec;
	return t.tv_sec;
}
`

// shiftedRedis makes a program that runs Redis with its clock off, and has the
// next servers use it until the returned function is called.
func (s *Stage) shiftedRedis(offset time.Duration) (restore func()) {
	s.t.Helper()
	dir := s.t.TempDir()
	source, library := filepath.Join(dir, "clock.c"), filepath.Join(dir, "clock.so")
	script := filepath.Join(dir, "redis-server")
	program := os.Getenv("REDIS_SERVER")
	if program == "" {
		program = "redis-server"
	}
	program, err := exec.LookPath(program)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(source, clockLibrary, 0o600)
	s.write(script, fmt.Sprintf("#!/bin/sh\nLD_PRELOAD=%q exec %q \"$@\"\n", library, program), 0o700)
	cc := exec.Command("cc", "-shared", "-fPIC", fmt.Sprintf("-DOFFSET=%d", int(offset.Seconds())), "-o", library, source)
	if text, err := cc.CombinedOutput(); err != nil {
		s.t.Fatalf("cc: %v\n%s", err, text)
	}
	before, was := os.LookupEnv("REDIS_SERVER")
	s.set("REDIS_SERVER", script)
	return func() {
		if was {
			s.set("REDIS_SERVER", before)
		} else if err := os.Unsetenv("REDIS_SERVER"); err != nil {
			s.t.Error(err)
		}
	}
}

func (s *Stage) set(name, value string) {
	if err := os.Setenv(name, value); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Stage) write(path, text string, mode os.FileMode) {
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
}

// clocks plays the same twice, each time against a Redis of its own, and adds
// the verdicts.
func clocks(s *Stage) Verdict {
	behind := s.clock(75 * time.Second) // Redis is ahead
	s.reset()
	ahead := s.clock(-time.Hour)
	return behind.plus(ahead)
}

func (s *Stage) clock(offset time.Duration) Verdict {
	restore := s.shiftedRedis(offset)
	server := s.Redis()
	restore()
	off := offset - s.skew(server)
	workers := s.Workers(2)
	s.Sender(100, 0, work.Step{Act: work.Fail, Fails: 1, For: 5 * msec}, func(p *senderPlan) { p.Delay = 3 * sec })
	s.Sender(20, 0, work.Step{For: sec})
	s.Sleep(700 * msec)
	workers[0].Kill()
	s.Worker()
	v := s.Finish()
	v.Demand(off.Abs() < s.Within(2*sec), "the clock of Redis is off by %v, want %v: the library is not in its way", offset-off, offset)
	return v
}

// skew is how far Redis' clock is ahead of ours.
func (s *Stage) skew(server *redistest.Server) time.Duration {
	now := server.Do(s.t, "TIME").Strings()
	var seconds int64
	if _, err := fmt.Sscan(now[0], &seconds); err != nil {
		s.t.Fatal(err)
	}
	return time.Unix(seconds, 0).Sub(time.Now().Truncate(sec))
}

// plus adds the figures of another part of the same scenario.
func (v Verdict) plus(w Verdict) Verdict {
	v.Tasks += w.Tasks
	v.Acked += w.Acked
	v.Runs += w.Runs
	v.Kills += w.Kills
	v.Repeats += w.Repeats
	v.Excused += w.Excused
	v.Lost += w.Lost
	v.Dead += w.Dead
	v.Duplicates += w.Duplicates
	v.Recovery = max(v.Recovery, w.Recovery)
	v.Suspects = max(v.Suspects, w.Suspects)
	v.Outages = max(v.Outages, w.Outages)
	v.Findings = append(v.Findings, w.Findings...)
	return v
}
