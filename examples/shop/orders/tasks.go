// Package orders has the tasks about money and goods.
package orders

//go:generate go tool tqgen

// Charge takes money from a customer: once, however often it is enqueued and run.
//
//taskqueue:task queue=high_priority priority=critical retries=10 timeout=1m unique=Order within=24h result=Payment
type Charge struct {
	Order int64
	Card  string `tq:"secret"`
	Cents int64
}

// A Payment is what the bank says.
type Payment struct {
	Reference string
	Cents     int64
}

// Ship tells the warehouse. Parcels of one order go in their order.
//
//taskqueue:task queue=high_priority priority=high keyconcurrency=1
type Ship struct {
	Order  int64 `tq:"key"`
	Parcel int
}

// Refund gives money back.
//
//taskqueue:task queue=high_priority retries=10 timeout=1m unique=Order within=24h
type Refund struct {
	Order int64
	Cents int64
}
