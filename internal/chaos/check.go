package chaos

import (
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A Rule is an invariant.
type Rule string

// The invariants that Check holds a scenario against.
const (
	RuleLost      Rule = "lost"        // a task whose Enqueue returned nil has run to its end, or is in a known state
	RuleRefused   Rule = "refused"     // what repeating can mend is not refused
	RuleDead      Rule = "dead"        // a dead letter has a cause, and it has begun
	RuleDuplicate Rule = "duplicate"   // a task runs again only for a cause
	RuleOverlap   Rule = "overlap"     // two runs at once: only when the first one's lease has lapsed
	RuleFence     Rule = "fence"       // fencing tokens rise
	RuleAttempt   Rule = "attempt"     // only failures spend attempts
	RuleEarly     Rule = "early"       // nothing begins before it is due
	RuleSlow      Rule = "slow"        // orphans run again within the lease and 1.5 s
	RuleStop      Rule = "stop"        // a worker that is told to stop has gone after its grace and a second
	RuleOnce      Rule = "once"        // at most one completion of a task is accepted
	RuleCount     Rule = "count"       // the store's counters are those of the ledgers
	RuleStructure Rule = "structure"   // every task is in one structure, and no key is left over
	RuleScenario  Rule = "expectation" // what a scenario demands besides
)

// A Finding is a broken invariant.
type Finding struct {
	Rule Rule
	Task string // empty: it is about no single task
	Text string
}

// String is one line.
func (f Finding) String() string {
	if f.Task == "" {
		return fmt.Sprintf("%s: %s", f.Rule, f.Text)
	}
	return fmt.Sprintf("%s: task %s %s", f.Rule, f.Task, f.Text)
}

// Terms are what the checker must know of a scenario.
type Terms struct {
	Lease time.Duration
	Grace time.Duration

	// Unsettled is how long after its end a run may not have reached the store
	// yet: so far back, a kill explains that a finished task runs again.
	Unsettled time.Duration

	// Late is what limits of time allow because the machine was late.
	Late time.Duration

	// Tail is how much of its latest work the store forgets in an outage, as a
	// replica does that takes over, or a disk after a power cut: what began or ended
	// since then may come again. MayLose: what was accepted since then may be gone.
	Tail    time.Duration
	MayLose bool

	// Doomed are the tasks that nobody can run and that must die.
	Doomed map[string]bool

	// Foreign is how many elements the scenario has put into the store itself,
	// all of them to be buried.
	Foreign int
}

// A Verdict is what came of a scenario.
type Verdict struct {
	Tasks, Acked, Runs, Kills   int
	Repeats                     int // runs again that have a cause
	Excused                     int // among them: where the machine had stood still
	Lost, Dead, Duplicates      int
	Forgotten                   int           // accepted, and gone with the store's tail
	Recovery, Suspects, Outages time.Duration // the worst: of orphans, of suspects, of the store's absence to the first start
	Findings                    []Finding
}

// slack is what recovery may take beyond the lease (P5).
const slack = 1500 * time.Millisecond

// Check holds ledgers and the store's final state against the invariants.
func Check(records []Record, final *Final, terms Terms) Verdict {
	h := newHistory(records)
	c := &checker{history: h, final: final, terms: terms}
	for _, t := range h.sorted() {
		c.end(t)
		c.early(t)
		c.repeats(t)
		c.Runs += len(t.runs)
	}
	c.refusals()
	c.letters()
	c.counters()
	c.outages()
	c.stops()
	for _, problem := range final.Problems {
		c.find(RuleStructure, "", "%s", problem)
	}
	c.Tasks, c.Kills = len(h.order), h.kills()
	return c.Verdict
}

type checker struct {
	Verdict
	*history
	final *Final
	terms Terms
}

func (c *checker) find(rule Rule, task, format string, args ...any) {
	c.Findings = append(c.Findings, Finding{rule, task, fmt.Sprintf(format, args...)})
	switch rule {
	case RuleLost:
		c.Lost++
	case RuleDead:
		c.Dead++
	case RuleDuplicate:
		c.Duplicates++
	}
}

// end checks where a task is in the end.
func (c *checker) end(t *task) {
	state := c.final.States[t.id]
	if t.acked {
		c.Acked++
	}
	switch {
	case state == broker.StateUnknown && t.acked && c.terms.MayLose && c.inTail(t.ackedAt):
		c.Forgotten++
	case state == broker.StateUnknown && t.acked:
		c.find(RuleLost, t.id, "was accepted and is nowhere; it began %d times", len(t.runs))
	case state == broker.StateDone && !t.ran(Done):
		c.find(RuleLost, t.id, "is done for the store, but no handler has brought it to its end")
	case state == broker.StateDone:
		c.mark(t)
	case state == broker.Active:
		c.find(RuleStructure, t.id, "is active although no worker is left")
	}
}

// inTail reports whether the store may have forgotten what happened at a time.
func (c *checker) inTail(at time.Time) bool {
	for _, o := range c.history.outages {
		if at.After(o.from.Add(-c.terms.Tail)) && (o.to.IsZero() || at.Before(o.to)) {
			return c.terms.Tail > 0
		}
	}
	return false
}

func (t *task) ran(how string) bool { return t.count(how) > 0 }

func (t *task) count(how string) (n int) {
	for _, r := range t.runs {
		if r.how == how {
			n++
		}
	}
	return n
}

// mark checks that the result is that of a run which ended well.
func (c *checker) mark(t *task) {
	token, ok := c.final.Tokens[t.id]
	if !ok {
		return
	}
	for _, r := range t.runs {
		if r.token == token && r.how == Done {
			return
		}
	}
	c.find(RuleOnce, t.id, "has the result of a run with token %d, and no such run ended well", token)
}

// early compares starts with due times; a millisecond is the store's unit.
func (c *checker) early(t *task) {
	for _, r := range t.runs {
		if !t.due.IsZero() && r.began.Before(t.due.Add(-time.Millisecond)) {
			c.find(RuleEarly, t.id, "began %v before it was due", t.due.Sub(r.began))
		}
	}
}

func (c *checker) refusals() {
	for _, r := range c.refused {
		c.find(RuleRefused, r.ID, "was refused: %s", r.Note)
	}
}

// letters checks the cause of each dead letter: failures enough, or losses
// enough, and never without a start.
func (c *checker) letters() {
	dead := map[string]bool{}
	for _, l := range c.final.Letters {
		dead[l.ID] = true
		t := c.tasks[l.ID]
		if t == nil {
			continue // of foreign elements; counters tells how many
		}
		failed := t.count(Failed)
		switch {
		case c.terms.Doomed[l.ID]:
		case len(t.runs) == 0:
			c.find(RuleDead, l.ID, "died without a start: %s", l.Reason)
		case l.Lost >= broker.LostLimit && c.kills()+c.strained() >= broker.LostLimit:
		case failed < l.Max:
			c.find(RuleDead, l.ID, "died after %d failed runs of %d: %s", failed, l.Max, l.Reason)
		}
	}
	for id := range c.terms.Doomed {
		if !dead[id] {
			c.find(RuleScenario, id, "should be a dead letter and is %v", c.final.States[id])
		}
	}
}

// strained is how many leases may have lapsed for the machine's sake.
func (c *checker) strained() (n int) {
	for actor := range c.pulses {
		n += len(c.strains(actor, c.terms.Lease))
	}
	return n
}

// unaccounted is how many tasks came in and have neither ended nor wait: those that
// are active, or less than none where a foreign hand has put something in.
func unaccounted(n *broker.QueueInfo) int64 {
	return n.Enqueued - n.Done - n.Discarded - n.Deleted - n.Dropped - n.Pending - n.Scheduled - n.Parked - n.Dead
}

// counters compares the store's counters with what is there and with the
// ledgers. A completion that was accepted twice is counted twice, and then less
// than no task is active: the store counts those as what came in and has neither
// ended nor waits.
func (c *checker) counters() {
	n := &c.final.Info
	if active := unaccounted(n) + int64(c.terms.Foreign); active != 0 {
		c.find(RuleOnce, "", "%d more tasks came in than have ended or wait, although no worker is left: %+v", active, *n)
	}
	states := map[broker.State]int64{}
	for _, s := range c.final.States {
		states[s]++
	}
	if n.Done != states[broker.StateDone] {
		c.find(RuleOnce, "", "%d completions were accepted, of %d tasks", n.Done, states[broker.StateDone])
	}
	if dead := int64(len(c.final.Letters)); n.Died != dead || n.Dead != dead {
		c.find(RuleCount, "", "%d tasks have died by the counters and %d are dead; there are %d dead letters", n.Died, n.Dead, dead)
	}
	var done, failed int64
	for _, t := range c.tasks {
		done += int64(t.count(Done))
		failed += int64(t.count(Failed))
	}
	if n.Done > done || n.Retried > failed {
		c.find(RuleCount, "", "by the counters %d runs ended well and %d are retried; by the ledgers %d and %d", n.Done, n.Retried, done, failed)
	}
}

// outages measures from the store's return to the first start.
func (c *checker) outages() {
	for _, o := range c.history.outages {
		first := time.Time{}
		for _, t := range c.tasks {
			for _, r := range t.runs {
				if !o.to.IsZero() && r.began.After(o.to) && (first.IsZero() || r.began.Before(first)) {
					first = r.began
				}
			}
		}
		if !first.IsZero() {
			c.Outages = max(c.Outages, first.Sub(o.to))
		}
	}
}

// stops checks that whoever was told to stop has done so in time (P11).
func (c *checker) stops() {
	for actor, told := range c.history.stops {
		limit := c.terms.Grace + time.Second + c.terms.Late
		switch gone := c.downs[actor]; {
		case gone.IsZero():
			c.find(RuleStop, "", "%s was told to stop and did not end in good order", actor)
		case gone.Sub(told) > limit:
			c.find(RuleStop, "", "%s took %v to stop, at most %v are allowed", actor, gone.Sub(told), limit)
		}
	}
}
