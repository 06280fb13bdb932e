package config_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/tqgen/taskqueue/runtime/config"
)

// Settings of a program, and where each came from.
func ExampleLoad() {
	settings, err := config.Load(config.Options{
		Dir:     "testdata/none",
		Environ: []string{"REDIS_URL=mem://", "TASK_QUEUE_MAX_CONCURRENT_TASKS=25"},
		Code:    func(c *config.Config) { c.Workers.InitialCount = 4 },
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(settings.Workers.MaxConcurrentTasks, settings.Source("workers.max_concurrent_tasks"))
	fmt.Println(settings.Workers.InitialCount, settings.Source("workers.initial_count"))

	queue, err := settings.Open(context.Background(), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	// Output:
	// 25 TASK_QUEUE_MAX_CONCURRENT_TASKS
	// 4 code
}

// All mistakes are reported at once.
func ExampleError() {
	_, err := config.Load(config.Options{
		Dir:     "testdata/none",
		Environ: []string{"REDIS_URL=mem://", "TASK_QUEUE_WORKERS=0", "TASK_QUEUE_STRICT=maybe"},
	})
	fmt.Println(err)
	// Output:
	// the configuration has 2 mistakes
	//   TASK_QUEUE_WORKERS: workers.initial_count: 0 is outside 1 to 1000
	//   TASK_QUEUE_STRICT: workers.strict: "maybe" is not true or false
}

// What is known of the settings: their defaults, their flags, their schema for editors.
func ExampleDefault() {
	fmt.Println("without a word:", config.Default().Redis.URL)
	fmt.Println("as a flag: --" + config.Flags()[0].Name)
	schema, err := config.Schema()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a schema:", json.Valid(schema))
	mail, err := config.DefaultQueue("mail")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a queue:", mail.Retries, "retries")
	fmt.Println("for the log:", config.Redacted("redis://shop:secret@cache:6379/1"))
	// Output:
	// without a word: redis://127.0.0.1:6379
	// as a flag: --redis-url
	// a schema: true
	// a queue: 3 retries
	// for the log: redis://***@cache:6379/1
}
