package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/chaos/work"
	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/redisbroker"
)

// A Stage is where one scenario plays: a store, processes and their ledgers.
type Stage struct {
	Terms  Terms
	Random *rand.Rand
	Scale  int    // how much work there is: 1 in a quick run
	Fault  string // planted in every actor

	t         testing.TB
	ctx       context.Context
	dir       string
	url       string
	ledger    *Ledger
	processes []*Process
	server    *redistest.Server // whom the audit asks; nil: it is left out
	store     broker.Broker     // the scenario's own eyes
	fact      string            // what is worth to be told besides
	ends      []func()          // of what runs beside the scenario
	final     *Final            // after Finish
	stopping  time.Duration     // how long who is told to stop is waited for
}

// Defaults of all scenarios. The lease is short so that a scenario is.
const (
	lease     = 2 * time.Second
	grace     = time.Second
	unsettled = 500 * time.Millisecond
	slots     = 8
	patience  = 90 * time.Second // for the end of a scenario
)

func newStage(tb testing.TB, seed uint64, scale int) *Stage {
	tb.Helper()
	s := &Stage{
		Terms:  Terms{Lease: lease, Grace: grace, Unsettled: unsettled},
		Random: rand.New(rand.NewPCG(seed, 0)), Scale: scale,
		t: tb, ctx: tb.Context(), stopping: patience,
	}
	s.reset()
	tb.Cleanup(s.close)
	return s
}

// reset begins anew with an empty ledger and no server, for the next part of a
// scenario.
func (s *Stage) reset() {
	s.close()
	s.dir, s.processes, s.store, s.server = s.t.TempDir(), nil, nil, nil
	ledger, err := OpenLedger(s.dir, "scenario")
	if err != nil {
		s.t.Fatal(err)
	}
	s.ledger = ledger
	s.ends = []func(){ledger.startBeats()}
}

func (s *Stage) close() {
	for _, p := range s.processes {
		if p.alive() {
			_ = p.cmd.Process.Kill()
			<-p.done
		}
	}
	if s.store != nil {
		_ = s.store.Close()
	}
	for _, end := range s.ends {
		end()
	}
	s.ends = nil
	if s.ledger != nil {
		_ = s.ledger.Close()
	}
}

// Redis starts a server, and is where actors started after it work.
func (s *Stage) Redis(args ...string) *redistest.Server {
	s.t.Helper()
	s.server = redistest.Start(s.t, args...)
	s.watch(s.server)
	s.At(s.server.URL())
	return s.server
}

// URL is where actors work.
func (s *Stage) URL() string { return s.url }

// Dir is the folder of the ledgers.
func (s *Stage) Dir() string { return s.dir }

// Test is what the scenario fails by.
func (s *Stage) Test() testing.TB { return s.t }

// Tell keeps what a scenario has measured besides, for the table.
func (s *Stage) Tell(format string, args ...any) { s.fact = fmt.Sprintf(format, args...) }

// At has actors work at a URL.
func (s *Stage) At(url string) { s.url = url }

// eyes is the scenario's own view of the store.
func (s *Stage) eyes() broker.Broker {
	s.t.Helper()
	if s.store == nil {
		url := s.url
		if s.server != nil {
			url = s.server.URL() // not through a proxy
		}
		store, err := redisbroker.Open(s.ctx, url, redisbroker.Config{Logger: logger(), ConnectTimeout: patience, CommandTimeout: patience, Patience: patience})
		if err != nil {
			s.t.Fatal(err)
		}
		s.store = store
	}
	return s.store
}

// Note writes a record of the scenario's own.
func (s *Stage) Note(r Record) {
	if err := s.ledger.Write(r); err != nil {
		s.t.Error(err)
	}
}

// Worker starts a worker.
func (s *Stage) Worker(change ...func(*workerPlan)) *Process {
	s.t.Helper()
	w := &workerPlan{Slots: slots, Lease: s.Terms.Lease, Grace: s.Terms.Grace}
	for _, c := range change {
		c(w)
	}
	return s.start(plan{Name: "worker", URL: s.url, Worker: w, Fault: s.Fault})
}

// Workers starts n workers.
func (s *Stage) Workers(n int) (all []*Process) {
	s.t.Helper()
	for range n {
		all = append(all, s.Worker())
	}
	return all
}

// Sender starts a producer.
func (s *Stage) Sender(count, rate int, step work.Step, change ...func(*senderPlan)) *Process {
	s.t.Helper()
	p := &senderPlan{Seed: s.Random.Uint64(), Count: count, Rate: rate, Step: step}
	for _, c := range change {
		c(p)
	}
	return s.start(plan{Name: "sender", URL: s.url, Sender: p, Fault: s.Fault})
}

// Sleep lets d pass.
func (s *Stage) Sleep(d time.Duration) { _ = sleep(s.ctx, d) }

// Between is a random duration.
func (s *Stage) Between(least, most time.Duration) time.Duration {
	return least + time.Duration(s.Random.Int64N(int64(most-least)))
}

// info is what the store counts; it waits for a store that is away.
func (s *Stage) info() broker.QueueInfo {
	s.t.Helper()
	infos, err := s.eyes().Queues(s.ctx, queueName)
	if err != nil {
		s.t.Fatal(err)
	}
	return infos[0]
}

// Await waits until the store's counts please.
func (s *Stage) Await(what string, limit time.Duration, ok func(broker.QueueInfo) bool) time.Duration {
	s.t.Helper()
	start := time.Now()
	for {
		n := s.info()
		if ok(n) {
			return time.Since(start)
		}
		if time.Since(start) > limit {
			s.t.Errorf("not within %v: %s; the queue: %+v", limit, what, n)
			return time.Since(start)
		}
		s.Sleep(10 * time.Millisecond)
	}
}

// drained reports whether nothing is left to do. What the scenario has put into
// the store itself is missing among the tasks that came in.
func (s *Stage) drained(n broker.QueueInfo) bool {
	return n.Pending+n.Scheduled+n.Parked == 0 && unaccounted(&n)+int64(s.Terms.Foreign) <= 0
}

// Finish waits until all is done, stops every process and checks.
func (s *Stage) Finish() Verdict {
	s.t.Helper()
	for _, p := range s.processes {
		if strings.HasPrefix(p.name, "sender") {
			p.Exit(patience)
		}
	}
	s.Await("every task has ended", patience, s.drained)
	s.StopAll()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	if err := sweep(ctx, s.eyes(), queueName); err != nil {
		s.t.Fatal(err)
	}
	records := s.records()
	h := newHistory(records)
	final, err := readFinal(ctx, s.eyes(), queueName, h.order, markToken)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.server != nil {
		final.Problems = audit(func(args ...string) redistest.Reply { return s.server.Do(s.t, args...) })
	}
	s.final, s.Terms.Late = final, lateness(h)
	if s.Terms.Tail > 0 {
		s.Terms.Tail += s.Terms.Late
	}
	return Check(records, final, s.Terms)
}

// records are those of all ledgers, up to now.
func (s *Stage) records() []Record {
	s.t.Helper()
	records, err := ReadLedgers(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	return records
}

// StopAll tells every process to stop and waits until it has.
func (s *Stage) StopAll() {
	var told []*Process
	for _, p := range s.processes {
		if p.alive() {
			p.Stop()
			told = append(told, p)
		}
	}
	deadline := time.Now().Add(s.stopping) // the checker is less patient
	for _, p := range told {
		p.Exit(time.Until(deadline))
	}
}

// markToken reads the result of a Step.
func markToken(result []byte) (uint32, bool) {
	var m work.Mark
	if _, err := m.UnmarshalMsg(result); err != nil || len(result) == 0 {
		return 0, false
	}
	return m.Token, true
}

// demandNoRepeats allows runs again only where the machine had stood still.
func (v *Verdict) demandNoRepeats(because string) {
	v.Demand(v.Repeats == v.Excused, "%d tasks ran again; %s", v.Repeats-v.Excused, because)
}

// Demand is a Finding of the scenario itself, unless ok.
func (v *Verdict) Demand(ok bool, format string, args ...any) {
	if !ok {
		v.Findings = append(v.Findings, Finding{Rule: RuleScenario, Text: fmt.Sprintf(format, args...)})
	}
}
