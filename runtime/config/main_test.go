package config

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/tqgen/taskqueue/internal/redistest"
)

func TestMain(m *testing.M) { os.Exit(redistest.Main(goleak.TestingM(m))) }
