package taskqueue_test

import (
	"fmt"
	"hash/fnv"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A queue that outgrows a node is several: which one, a key's hash says.
func ExampleQueue_byHash() {
	const n = 4
	for _, customer := range []string{"ada", "bob", "ada"} {
		h := fnv.New32a()
		h.Write([]byte(customer))
		queue := taskqueue.Queue(fmt.Sprintf("orders-%d", h.Sum32()%n))
		fmt.Println(customer, taskqueue.NewJob(noteKind, &note{"order"}, queue).Queue())
	}
	// Output:
	// ada orders-3
	// bob orders-0
	// ada orders-3
}
