// Package messages has the tasks that tell people and programs something.
package messages

//go:generate go tool tqgen

// Email sends a mail.
//
//taskqueue:task queue=high_priority retries=5 timeout=30s
//taskqueue:retry exponential base=2s max=10m
type Email struct {
	To      string
	Subject string
	Body    string `tq:"max=256KiB"`
}

// Notification shows something on a person's devices. It is of no use later.
//
//taskqueue:task timeout=10s expires=15m
type Notification struct {
	User  int64
	Title string
	Text  string
}

// SMS sends a text message. The more urgent, the more often it is tried.
//
//taskqueue:task timeout=15s rate=50/s burst=10
type SMS struct {
	Phone  string `tq:"secret"`
	Text   string
	Urgent bool
}

// Retries is asked for each message: a method may look at the fields.
func (s SMS) Retries() int {
	if s.Urgent {
		return 10
	}
	return 2
}

// Webhook tells a customer's server of an event: events of one customer in their
// order, and a customer with many does not hold up the others.
//
//taskqueue:task queue=webhooks retries=8 timeout=20s keyconcurrency=1
type Webhook struct {
	Customer string `tq:"key"`
	URL      string
	Event    string
	Payload  []byte
}

// ChatPost writes into a channel of the team.
//
//taskqueue:task priority=low unique=payload within=1m
type ChatPost struct {
	Channel string
	Text    string
}

// Newsletter sends one issue to one reader: a hundred of them cost one call of the
// mail service.
//
//taskqueue:task queue=low_priority batch=100 linger=200ms
type Newsletter struct {
	Issue  int
	Reader string
}
