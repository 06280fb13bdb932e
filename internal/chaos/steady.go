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
		{Name: "steady", Does: "mixed work, as much as the machine holds; memory, goroutines and waits of workers stay flat, and the memory of Redis", Long: true, Run: keepSteady},
	}
}

// keepSteady compares the last third of a run with the second: the memory and the
// goroutines of a worker, and how long tasks took. That of Redis at the end is
// compared with that before. No more tasks wait than there is room for, so producers
// go as fast as the workers.
func keepSteady(s *Stage) Verdict {
	const spare, room = 16 << 20, 5000 // bytes that a garbage collector may hold more; tasks
	server := s.Redis()
	if err := s.eyes().Configure(s.ctx, queueName, broker.Settings{MaxTasks: room}); err != nil {
		s.t.Fatal(err)
	}
	workers := s.Workers(2)
	s.Await("the workers are there", patience, func(n broker.QueueInfo) bool { return n.Sessions == 2 })
	before := used(s, server)
	samples := s.mixed(60_000*s.Scale, workers[0])
	s.Await("every task has ended", patience, s.drained)
	v := s.Finish()
	whole := used(s, server)
	kept := append(server.Do(s.t, "KEYS", keyPrefix+"result:*").Strings(), keyPrefix+"unique", keyPrefix+"windows")
	server.Do(s.t, append([]string{"DEL"}, kept...)...)
	grown := used(s, server) - before
	v.Demand(grown < spare, "Redis holds %d KiB more than before", grown>>10)
	taken := s.taken()
	goroutines := s.goroutines(workers[0])
	v.Demand(flat(goroutines, 10), "a worker has %s goroutines", goroutines)
	v.Demand(flat(taken, int(s.Within(20*msec).Milliseconds())), "tasks took %s ms", taken)
	memory := thirds(samples)
	v.Demand(flat(memory, spare>>20), "a worker's memory was %s MiB", memory)
	s.Tell("a worker %s MiB and %s goroutines; tasks took %s ms; Redis %+d KiB, and %d bytes for each id and outcome that it remembers for a while",
		memory, goroutines, taken, grown>>10, (whole-before-grown)/max(1, v.Tasks))
	return v
}

// mixed sends tasks of several sorts at once, and returns the memory of a worker
// meanwhile, in MiB.
func (s *Stage) mixed(tasks int, worker *Process) (samples []int) {
	fast := func(p *senderPlan) { p.Bulk, p.Hands = 100, 2 }
	senders := []*Process{
		s.Sender(tasks/2, 0, work.Step{}, fast, func(p *senderPlan) { p.Extra = 1 }),
		s.Sender(tasks/4, 0, work.Step{}, fast),
		s.Sender(tasks/8, 0, work.Step{Act: work.Fail, Fails: 1}, fast),
		s.Sender(tasks/8, 0, work.Step{}, fast, func(p *senderPlan) { p.Delay = 2 * sec }),
	}
	for slices.ContainsFunc(senders, (*Process).alive) {
		s.Sleep(100 * msec)
		samples = append(samples, rss(worker)>>20)
	}
	return samples
}

// taken are the milliseconds from the send of a task to its first start, of those
// without a delay, in the order in which they were sent.
func (s *Stage) taken() halves {
	var all []int
	for _, t := range newHistory(s.records()).sorted() {
		if t.due.IsZero() && len(t.runs) > 0 {
			all = append(all, int(t.runs[0].began.Sub(t.sent).Milliseconds()))
		}
	}
	return thirds(all)
}

func (s *Stage) goroutines(worker *Process) halves {
	var all []int
	for _, r := range s.records() {
		if r.Event == Beat && r.Actor == worker.name {
			all = append(all, r.Goroutines)
		}
	}
	return thirds(all)
}

// halves are medians of the second third of a run and of the last one.
type halves struct{ middle, last int }

// String has both.
func (h halves) String() string { return fmt.Sprintf("%d, then %d", h.middle, h.last) }

func thirds(all []int) halves {
	n := len(all) / 3
	if n == 0 {
		return halves{}
	}
	return halves{median(all[n : 2*n]), median(all[2*n:])}
}

// flat reports whether nothing has grown by more than a half and what may be.
func flat(h halves, spare int) bool { return h.last <= h.middle+h.middle/2+spare }

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
