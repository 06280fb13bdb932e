// Package config reads the settings of a program: task-queue.toml or
// task-queue.yaml, the environment and the command line.
//
// [Load] makes a [Config], which becomes a client with [Config.Open] and workers
// with [Config.WorkerConfig]. What is said in several places is taken from the first
// of flag, environment, file, code, default. Everything that is wrong is
// reported at once, with its place. A program that never calls Load is never
// touched by files or the environment.
//
// Each key, its variable, its range and its default are in
// docs/configuration.md, which is made from the same table that Load reads by.
package config

//go:generate go test -count=1 -run=TestReferenceIsUpToDate|TestSchemaIsUpToDate -update .
