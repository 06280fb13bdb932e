module example.com/chi

go 1.26.0

require (
	github.com/go-chi/chi/v5 v5.5.0
	github.com/tqgen/taskqueue v0.0.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	github.com/redis/go-redis/v9 v9.23.0 // indirect
	github.com/tinylib/msgp v1.6.5 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
)

replace github.com/tqgen/taskqueue => ../../..
