package cli_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/tinylib/msgp/msgp"
	"go.uber.org/goleak"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/cli"
	"github.com/tqgen/taskqueue/runtime/config"
)

// The test binary is the programs of the stories, too.
func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){
		"shop":      func() { os.Exit(cli.Main(welcome, build)) },
		"generated": func() { os.Exit(cli.Main(generated()...)) },
		"empty":     func() { os.Exit(cli.Main()) },
		"configured": func() {
			os.Exit(cli.Program{
				Tasks:     []taskqueue.Task{build},
				Crons:     []taskqueue.Cron{{Name: "nightly", Spec: "0 3 29 2 *", Job: taskqueue.NewJob(build.Kind, msgp.Raw{0xc0})}},
				Configure: func(c *config.Config) { c.Workers.InitialCount = 1 },
				Worker:    func(w *taskqueue.WorkerConfig) { w.Concurrency *= 3 },
			}.Main())
		},
	})
}

// tests looks for leaks and stops the shared server.
type tests struct{ *testing.M }

func (t tests) Run() int { return redistest.Main(goleak.TestingM(t.M)) }

const welcomeSchema = `{"version":1,"payload":{"type":"object","properties":{"To":{"type":"string"},"Urgent":{"type":"boolean"},` +
	`"UserID":{"type":"integer","format":"int64"},"After":{"type":"integer","format":"nanoseconds"},"Tags":{"type":"array","items":{"type":"string"}},` +
	`"Queue":{"type":"string"},"Token":{"type":"string","writeOnly":true}}}}`

var (
	// welcome says that it runs and ends when something is typed.
	welcome = taskqueue.Task{
		Kind: &taskqueue.Kind{Name: "email.SendWelcome", Schema: welcomeSchema},
		Run: func(ctx context.Context, _, dst []byte) ([]byte, error) {
			fmt.Println("running")
			typed := make(chan struct{})
			go func() { os.Stdin.Read(make([]byte, 1)); close(typed) }()
			select {
			case <-typed:
				return dst, nil
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		},
	}
	build = taskqueue.Task{
		Kind: &taskqueue.Kind{Name: "report.Build", Settings: taskqueue.Settings{Queue: "reports"}},
		Run:  func(_ context.Context, _, dst []byte) ([]byte, error) { return dst, nil },
	}
)
