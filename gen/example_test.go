package gen_test

import (
	"context"
	"fmt"
	"log"
	"os"

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

// What tqgen schema and tqgen fixtures do: descriptions of all tasks, and a payload of
// each for tests.
func ExampleSchemas() {
	folder, err := os.MkdirTemp("", "schemas")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	config := gen.Config{Patterns: []string{"../examples/quickstart"}}
	for _, write := range []func(context.Context, gen.Config, string) (gen.Result, error){gen.Schemas, gen.Fixtures} {
		if _, err := write(context.Background(), config, folder); err != nil {
			log.Fatal(err)
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range files {
		fmt.Println(f.Name())
	}
	// Output:
	// TASKS.md
	// main.Greet.json
	// main.Greet.result.json
	// main.Greet.v1.golden
}
