// The older release is a module of its own: one program has one shape of a task.
module example.com/old

go 1.26.0

require github.com/tqgen/taskqueue v0.0.0

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/redis/go-redis/v9 v9.23.0 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
)

replace github.com/tqgen/taskqueue => ../../..
