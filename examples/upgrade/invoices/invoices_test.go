package invoices_test

import (
	"testing"

	"github.com/tqgen/taskqueue/examples/upgrade/invoices"
	"github.com/tqgen/taskqueue/runtime/tqtest"
)

// What the old release may have queued is read by this one: tqgen fixtures wrote it.
func TestPayloads(t *testing.T) {
	tqtest.RequirePayloads(t, "testdata/payloads", invoices.Tasks(struct{ invoices.Handler }{}))
}
