package e2e_test

import (
	"testing"
	"time"

	"github.com/tqgen/taskqueue/gen/directive"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// The generator does not import the runtime, but knows its limits.
func TestLimitsAreTheRuntimes(t *testing.T) {
	for name, equal := range map[string]bool{
		"MaxNameLen": directive.MaxNameLen == broker.MaxNameLen,
		"MaxRetries": directive.MaxRetries == broker.MaxRetries,
		"MinTimeout": directive.MinTimeout == time.Millisecond,
		"MaxTimeout": directive.MaxTimeout == broker.MaxTimeout,
		"MaxDelay":   directive.MaxDelay == broker.MaxDelay,

		"MaxRate":        directive.MaxRate == broker.MaxRate,
		"MaxConcurrency": directive.MaxConcurrency == broker.MaxConcurrency,
		"MaxPeriod":      directive.MaxPeriod == broker.MaxPeriod,
	} {
		if !equal {
			t.Errorf("%s is another one in the runtime", name)
		}
	}
	for _, name := range []string{"a.B-c:d_1", "", "a b", "ä", "a/b"} {
		if valid := broker.CheckName("task kind", name) == nil; directive.ValidName(name) != valid {
			t.Errorf("%q is valid for one of the two only", name)
		}
	}
}
