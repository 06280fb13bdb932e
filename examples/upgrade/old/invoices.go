package main

import "context"

// Invoice is the task as the older release knows it: an amount in cents.
//
//taskqueue:task name=upgrade.Invoice retries=2
type Invoice struct {
	Number int
	Cents  int
}

// Execute prints which release ran it.
func (i *Invoice) Execute(ctx context.Context) error {
	return ran(ctx, "old", i.Number, i.Cents)
}
