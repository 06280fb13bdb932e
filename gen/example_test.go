package gen_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tqgen/taskqueue/gen"
)

// What tqgen -check does: is the code of a package up to date?
func ExampleRun() {
	result, err := gen.Run(context.Background(), gen.Config{Patterns: []string{"../examples/quickstart"}, Check: true})
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range result.Packages {
		for _, task := range p.Tasks {
			fmt.Println(task.Name, "in", p.Path)
		}
	}
	fmt.Println(len(result.Diagnostics), "mistakes,", len(result.Changes), "files to write")
	// Output:
	// Greet in github.com/tqgen/taskqueue/examples/quickstart
	// 0 mistakes, 0 files to write
}
