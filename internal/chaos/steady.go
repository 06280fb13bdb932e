package chaos

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/tqgen/taskqueue/internal/chaos/work"
	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// steadyScenarios harm nobody, for long.
func steadyScenarios() []Scenario {
	return []Scenario{
		{Name: "steady", Does: "as much work as the machine holds; the memory of workers and of Redis stays flat", Long: true, Run: keepSteady},
	}
}

// keepSteady compares the memory of a worker in the last third of a run with that in the
// second, and that of Redis at the end with that before.
func keepSteady(s *Stage) Verdict {
	const spare = 16 << 20 // bytes that a garbage collector may hold more
	server := s.Redis()
	workers := s.Workers(2)
	s.Await("the workers are there", patience, func(n broker.QueueInfo) bool { return n.Sessions == 2 })
	before := used(s, server)
	sender := s.Sender(60_000*s.Scale, 0, work.Step{}, func(p *senderPlan) { p.Bulk, p.Hands, p.Extra = 100, 4, 1 })
	var samples []int
	for sender.alive() {
		s.Sleep(100 * msec)
		samples = append(samples, rss(workers[0]))
	}
	s.Await("every task has ended", patience, s.drained)
	v := s.Finish()
	whole := used(s, server)
	kept := append(server.Do(s.t, "KEYS", keyPrefix+"result:*").Strings(), keyPrefix+"unique", keyPrefix+"windows")
	server.Do(s.t, append([]string{"DEL"}, kept...)...)
	grown := used(s, server) - before
	n := len(samples) / 3
	if n == 0 || samples[n] == 0 {
		s.Tell("its memory cannot be read here")
		return v
	}
	middle, last := median(samples[n:2*n]), median(samples[2*n:])
	s.Tell("a worker %d MiB, then %d MiB; Redis %+d KiB, and %d bytes for each id and outcome that it remembers for a while", middle>>20, last>>20, grown>>10, (whole-before-grown)/max(1, v.Tasks))
	v.Demand(last < middle+middle/2+spare, "a worker's memory grew from %d to %d MiB", middle>>20, last>>20)
	v.Demand(grown < spare, "Redis holds %d KiB more than before", grown>>10)
	return v
}

func median(all []int) int {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

func used(s *Stage, server *redistest.Server) int {
	s.t.Helper()
	n, err := strconv.Atoi(server.Info(s.t, "memory", "used_memory"))
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// rss is the memory of a process in bytes, where the system tells it.
func rss(p *Process) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(value)[0])
			return kb << 10
		}
	}
	return 0
}
