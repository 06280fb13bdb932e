package brokertest

import (
	"math/rand/v2"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/tqgen/taskqueue/runtime/broker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestMachineCatches runs the machine on stores that are wrong in one thing
// each: it must see all of them.
func TestMachineCatches(t *testing.T) {
	for name, breaks := range allMutants() {
		t.Run(name, func(t *testing.T) {
			const most = 100 // runs; the shyest mutant needs seven
			for seed := range uint64(most) {
				if err := plainRun(t, seed, breaks); err != nil {
					t.Logf("caught in run %d: %.200s", seed, err.Error())
					return
				}
			}
			t.Errorf("not caught in %d runs", most)
		})
	}
}

// TestMachineAgrees runs it the same way on a store that is right.
func TestMachineAgrees(t *testing.T) {
	for seed := range uint64(20) {
		if err := plainRun(t, seed, func(b broker.Broker) broker.Broker { return b }); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// plainRun is one run of a machine without rapid.
func plainRun(t *testing.T, seed uint64, breaks func(broker.Broker) broker.Broker) error {
	const steps = 60
	run := &run{TB: t}
	defer run.end()
	m := newMachine(run, plain{rand.New(rand.NewPCG(seed, 1))}, Model, func(t TB) Harness {
		h := Model(t)
		h.Broker = breaks(h.Broker)
		return h
	})
	for range steps {
		m.step()
	}
	if m.err == nil {
		m.finish()
	}
	return m.err
}

// plain dice are a generator's.
type plain struct{ *rand.Rand }

func (p plain) roll(_ string, n int) int { return p.IntN(n) }

// A run is a TB of its own: it cleans up at its end and keeps quiet.
type run struct {
	TB
	cleanups []func()
}

func (*run) Logf(string, ...any) {}
func (r *run) Cleanup(f func())  { r.cleanups = append(r.cleanups, f) }

func (r *run) end() {
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
}
