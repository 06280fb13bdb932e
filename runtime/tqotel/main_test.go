package tqotel

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// storeVariable makes the test program a worker process of the store at its value.
const storeVariable = "TQOTEL_TEST_STORE"

func TestMain(m *testing.M) {
	if url := os.Getenv(storeVariable); url != "" {
		if err := workerProcess(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(redistest.Main(m))
}

// workerProcess runs one task and writes its spans.
func workerProcess(url string) error {
	exporter := tracetest.NewInMemoryExporter()
	telemetry, err := New(Config{Traces: sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))})
	if err != nil {
		return err
	}
	client, err := taskqueue.Open(context.Background(), url)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	worker, err := taskqueue.NewWorker(client, telemetry.Worker(taskqueue.WorkerConfig{
		Tasks:    []taskqueue.Task{{Kind: noteKind(), Run: func(context.Context, []byte, []byte) ([]byte, error) { return nil, nil }}},
		OnFinish: func(taskqueue.Event) { cancel() },
	}))
	if err != nil {
		return err
	}
	if err := worker.Run(ctx); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(spansOf(exporter))
}
