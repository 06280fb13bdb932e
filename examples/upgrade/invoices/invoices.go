// Package invoices is the newer release: an amount has a currency.
package invoices

import "fmt"

//go:generate go tool tqgen

// Invoice has another shape than before, so it has another version.
//
//taskqueue:task name=upgrade.Invoice version=2 retries=2
type Invoice struct {
	Number int
	Amount string
}

// InvoiceV1 is what may still be queued.
type InvoiceV1 struct {
	Number int
	Cents  int
}

// Upgrade makes a new one of it: all amounts were in euros.
func (v InvoiceV1) Upgrade() Invoice {
	return Invoice{Number: v.Number, Amount: fmt.Sprintf("%d.%02d EUR", v.Cents/100, v.Cents%100)}
}
