package membroker_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/tqgen/taskqueue/runtime/broker/brokertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) { brokertest.Run(t, brokertest.Model) }

// TestProperty compares the model with itself: it looks that the machine asks
// for nothing that the contract leaves open.
func TestProperty(t *testing.T) { brokertest.Property(t, brokertest.Model, brokertest.Model) }
