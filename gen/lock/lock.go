// Package lock keeps tasks.lock, the record of what tasks look like in the
// store. It is committed with the source, so that a change that would break
// tasks which are queued already shows before it is deployed.
package lock

// File is the name of the record, at the root of the module.
const File = "tasks.lock"
