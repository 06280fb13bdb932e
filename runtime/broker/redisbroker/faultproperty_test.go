package redisbroker

import (
	flags "flag"
	"testing"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker/brokertest"
)

// keysOfCycles is how many keys the scripts of cycles have at least.
const keysOfCycles = "24"

// TestPropertyWithFaults is TestProperty on a network and a server that fail between
// the commands: the answer of a script is lost with its connection after it ran, again and again,
// and the server forgets its scripts. Every answer is that of the model
// all the same, and so is what is in Redis after each step.
//
// Answers of cycles get through: whoever repeats one may reclaim from a lapsed
// session a cycle later than the model, which Grant.More allows. TestLostReplies
// loses those.
func TestPropertyWithFaults(t *testing.T) {
	const checks = "rapid.checks"
	f := flags.Lookup(checks)
	before := f.Value.String()
	if before == f.DefValue {
		if err := flags.Set(checks, "5"); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = flags.Set(checks, before) }() // it was good before
	}
	server := redistest.Start(t)
	p := redistest.StartProxy(t, server.Addr())
	n, next, gap := 0, 2, 0 // what goes in one packet gets through when the gap is long
	script := redistest.Command("EVALSHA", "EVAL", "EXEC")
	p.DropReplies(1<<30, func(args []string) bool { // called under the proxy's lock
		if !script(args) || len(args) > 2 && len(args[2]) == 2 && args[2] >= keysOfCycles {
			return false
		}
		if n++; n%50 == 0 {
			if err := server.ScriptFlush(); err != nil {
				t.Error(err)
			}
		}
		if n < next {
			return false
		}
		gap = gap%20 + 1
		next = n + 2 + gap
		return true
	})
	brokertest.Property(t, brokertest.Model, openerBy("faults", at(p.URL()), at(server.URL())))
	if p.Dropped() < 20 {
		t.Errorf("only %d answers were lost", p.Dropped())
	}
}
