package contest

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/workload"
)

// The oracle searches for half a minute a trace, so that its results are kept.
// The command's -oracle writes the file; a test computes some of them again.
//
//go:embed oracle.txt
var oracleFile string

type oracleKey struct {
	name string
	seed int64
}

// oracleTable is read once.
var oracleTable = sync.OnceValue(func() map[oracleKey]float64 {
	table := map[oracleKey]float64{}
	for lines := bufio.NewScanner(strings.NewReader(oracleFile)); lines.Scan(); {
		var k oracleKey
		var seconds float64
		if _, err := fmt.Sscan(lines.Text(), &k.name, &k.seed, &seconds); err == nil {
			table[k] = seconds
		}
	}
	return table
})

func pinned(name string, seed int64) (seconds float64, ok bool) {
	seconds, ok = oracleTable()[oracleKey{name, seed}]
	return seconds, ok
}

// WriteOracle computes the table anew, a line for every trace and seed.
func WriteOracle(w io.Writer, workloads []workload.Workload, seeds []int64) error {
	for _, load := range workloads {
		for _, seed := range seeds {
			seconds := sim.Oracle(load.Make(seed)).WorkerSeconds
			if _, err := fmt.Fprintf(w, "%s %d %v\n", load.Name, seed, seconds); err != nil {
				return err
			}
		}
	}
	return nil
}
