// Package taskqueue is a task queue for Go whose heart is a code generator.
//
// Write a struct, put //taskqueue:task above it and run tqgen: it writes the
// serializer, the typed enqueue helper and the registry, which plug into this
// runtime. [Open] connects to a store, generated Enqueue methods add tasks, and
// a [Worker] runs them at least once, with leases, retries and dead letters.
package taskqueue
