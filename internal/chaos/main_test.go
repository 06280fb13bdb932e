package chaos

import (
	"os"
	"testing"

	"github.com/tqgen/taskqueue/internal/redistest"
)

func TestMain(m *testing.M) {
	if IsActor() {
		os.Exit(Act())
	}
	os.Exit(redistest.Main(m))
}
