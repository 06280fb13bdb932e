package simulate_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/simulate"
)

// What the autoscaler, and a horizontal pod autoscaler at its best, would have made
// of a batch at a time.
func ExampleRun() {
	var table bytes.Buffer
	err := simulate.Run(context.Background(), simulate.Options{Trace: "batch_go", Compare: []string{"hpa"}}, &table)
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"taskqueue", "hpa"} {
		fmt.Println(name, "is in the table:", bytes.Contains(table.Bytes(), []byte(name)))
	}
	fmt.Println("there are others:", len(simulate.Controllers()) > 10, len(simulate.Traces()) > 20)
	// Output:
	// taskqueue is in the table: true
	// hpa is in the table: true
	// there are others: true true
}

// What a fleet has to do becomes a trace, for Run.
func ExampleRecord() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	var trace bytes.Buffer
	err = simulate.Record(context.Background(), queue, simulate.RecordOptions{For: time.Hour}, &trace)
	fmt.Println(err)
	// Output: record: no worker has an autoscaler
}
