// Package orders holds the tasks of a small shop. Its producers import nothing
// but this package.
package orders

import "context"

// Total adds up an order. It does its work itself.
//
//taskqueue:task timeout=10s retention=10m
type Total struct {
	Prices []int // cents
}

// Execute does the work.
func (t *Total) Execute(context.Context) (int, error) {
	sum := 0
	for _, price := range t.Prices {
		sum += price
	}
	return sum, nil
}

// SendReceipt mails a receipt. Its work needs a mail server, so that it is a
// method of the worker's Handler.
//
//taskqueue:task queue=mail retries=5 retention=10m
type SendReceipt struct {
	To    string
	Cents int
}
