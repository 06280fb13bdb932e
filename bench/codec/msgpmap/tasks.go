// Package msgpmap has the structs of the benchmark, encoded by name, with what msgp itself generates.
package msgpmap

//go:generate go tool msgp -file=tasks.go -o=tasks_gen.go -io=false -tests=false

// BenchTask is the headline of the seed: 14 letters.
type BenchTask struct {
	Data string `msg:"data"`
}

// SmallTask has two strings.
type SmallTask struct {
	ID   string `msg:"id"`
	Data string `msg:"data"`
}

// MediumTask has a map and a kilobyte.
type MediumTask struct {
	ID       string            `msg:"id"`
	Data     string            `msg:"data"`
	Metadata map[string]string `msg:"metadata"`
	Payload  []byte            `msg:"payload"`
}

// LargeTask has nested containers and ten kilobytes.
type LargeTask struct {
	ID          string              `msg:"id"`
	Data        string              `msg:"data"`
	Metadata    map[string]string   `msg:"metadata"`
	Payload     []byte              `msg:"payload"`
	ComplexData map[string][]string `msg:"complex_data"`
}
