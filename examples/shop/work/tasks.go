// Package work has the tasks that compute.
package work

import "time"

//go:generate go tool tqgen

// Transcode makes a video smaller and tells how far it is.
//
//taskqueue:task queue=video timeout=2h retries=1 concurrency=2 result=int64
type Transcode struct {
	Source string
	Width  int
}

// Import reads a file of a customer into the catalogue.
//
//taskqueue:task timeout=30m unique=File
type Import struct {
	File string
	Rows int
}

// Training fits the model of recommendations.
//
//taskqueue:task queue=low_priority timeout=12h retries=0 concurrency=1
type Training struct {
	Model  string
	Epochs int
}

// Backup copies the database.
//
//taskqueue:task queue=low_priority timeout=1h cron="30 2 * * *" zone=Europe/Paris missed=once
type Backup struct {
	Full bool `tq:"optional"`
}

// Cleanup forgets sessions that nobody uses.
//
//taskqueue:task queue=low_priority cron="@every 10m"
type Cleanup struct {
	Older time.Duration `tq:"optional"`
}

// Index puts products into the search index, many at once.
//
//taskqueue:task batch=500 linger=100ms
type Index struct{ Product int64 }
