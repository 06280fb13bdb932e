// Package jobs has the tasks of docs/tasks.md, so that tqgen and the compiler read them.
package jobs

// SendDigest mails what is new.
//
//taskqueue:task cron="0 3 * * MON-FRI" zone=Europe/Paris
type SendDigest struct{}

// SyncAccount brings an account up to date.
//
//taskqueue:task rate=100/s burst=20 keyconcurrency=1
type SyncAccount struct {
	Account int64 `tq:"key"`
}

// IndexDocument makes a document findable.
//
//taskqueue:task batch=100 linger=50ms
type IndexDocument struct{ Document int64 }

// SendWelcome greets new customers.
//
//taskqueue:task version=2
type SendWelcome struct{ To []string }

// SendWelcomeV1 had one address.
type SendWelcomeV1 struct{ To string }

// Upgrade makes the present shape.
func (v SendWelcomeV1) Upgrade() SendWelcome { return SendWelcome{To: []string{v.To}} }
