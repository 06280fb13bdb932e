package brokertest_test

import (
	"testing"

	"github.com/tqgen/taskqueue/runtime/broker/brokertest"
)

// A store of one's own is held against the law, then against the model by random
// commands. open makes an empty store.
func ExampleRun() {
	var t *testing.T // of a test
	open := brokertest.Model
	brokertest.Run(t, open)
	brokertest.Property(t, open, brokertest.Model)
}
