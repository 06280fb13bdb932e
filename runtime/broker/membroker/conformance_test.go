package membroker_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/tqgen/taskqueue/runtime/broker/brokertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) { brokertest.Run(t, brokertest.Model) }
