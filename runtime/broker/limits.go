package broker

import (
	"fmt"
	"strings"
	"time"
)

// The limits of every store. They bound what one command may cost.
const (
	MaxNameLen      = 128      // queue, kind, worker, unique key, in bytes
	MaxPayloadBytes = 16 << 20 // hard limit; the client's own default is 1 MiB
	MaxHeaderBytes  = 8 << 10  // all headers of a task together
	MaxRetries      = 254      // re-runs after the first run
	MaxBatch        = 1000     // messages in one atomic enqueue, leases in one grant, settles in one cycle
	MaxBatchBytes   = 8 << 20  // payload bytes in one atomic enqueue (one message may exceed it)
	MaxDelay        = 10 * 365 * 24 * time.Hour
	MaxTimeout      = 49 * 24 * time.Hour // milliseconds fit 32 bits
	MinLease        = time.Second
	MaxLease        = time.Hour
	MaxSeq          = 1 << 53 // exact in every store's numbers

	PromoteBatch     = 500   // due tasks promoted by one cycle
	FairnessInterval = 16    // every so many cycles the lanes are served in reverse order
	SuspectAfter     = 2     // losses that make a task a suspect, granted alone
	LostLimit        = 5     // losses in a row that make it a dead letter
	ForgetBatch      = 100   // lapsed sessions without claims forgotten by one cycle
	TrimInterval     = 64    // every so many cycles a session looks for dead letters beyond their bounds
	TrimBatch        = 1000  // dead letters that one step drops
	FindLimit        = 10000 // entries that Find looks at in one lane
	MaxFailures      = 10    // the newest failures kept with a task
	MaxReasonBytes   = 1024  // of each of them
	MaxPage          = 1000  // entries in one page of List
	MaxEdits         = 1000  // edits in one call
	MaxProgressBytes = 4096  // of one task
	MaxLimits        = 1000  // groups with limits in one queue's settings
	MaxConcurrency   = 1 << 31
	MaxRate          = 1_000_000 // tasks in one period, and in one burst
	MaxPeriod        = 24 * time.Hour
	MaxShapes        = 100      // shapes of tasks that are parked in one queue, and that one cycle takes back
	MaxRecords       = 10_000   // rows in one table
	MaxRecordBytes   = 64 << 10 // of one row
	MaxAppend        = 1000     // lines added to a log at once
	MaxLineBytes     = 4096     // of one line
	MaxLog           = 100_000  // lines kept in one log
	AsideBatch       = 100      // lanes of groups that one claim looks at, and of what is at a limit what one cycle looks at again
)

// CheckName accepts [A-Za-z0-9_.:-]{1,128}. what names the thing in the error.
func CheckName(what, name string) error {
	if name == "" {
		return fmt.Errorf("%w: the %s is empty", ErrInvalid, what)
	}
	if len(name) > MaxNameLen {
		return fmt.Errorf("%w: the %s has %d bytes, at most %d are allowed", ErrInvalid, what, len(name), MaxNameLen)
	}
	for i, r := range name {
		if !nameRune(r) {
			return fmt.Errorf("%w: the %s %q has %q at byte %d; use A-Z a-z 0-9 _ . : -", ErrInvalid, what, name, r, i)
		}
	}
	return nil
}

func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
		r == '_' || r == '.' || r == ':' || r == '-'
}

// Check reports the first thing that no store would accept in m. It allocates
// nothing where m is fine.
func (m *Message) Check() error {
	if m.ID.IsZero() {
		return fmt.Errorf("%w: the message has no id", ErrInvalid)
	}
	if err := CheckName("queue name", m.Queue); err != nil {
		return err
	}
	if err := CheckName("task kind", m.Kind); err != nil {
		return err
	}
	if err := m.checkGroup(); err != nil {
		return err
	}
	if err := m.Unique.check(); err != nil {
		return err
	}
	if err := m.Once.check(); err != nil {
		return err
	}
	if err := m.checkTimes(); err != nil {
		return err
	}
	if err := m.checkHistory(); err != nil {
		return err
	}
	return m.checkSizes()
}

func (m *Message) checkGroup() error {
	switch {
	case m.Group == "" && m.Key == "":
		return nil
	case m.Group == "":
		return fmt.Errorf("%w: a key needs a group", ErrInvalid)
	case len(m.Key) > MaxNameLen:
		return fmt.Errorf("%w: the key has %d bytes, at most %d are allowed", ErrInvalid, len(m.Key), MaxNameLen)
	case strings.IndexByte(m.Key, 0) >= 0:
		return fmt.Errorf("%w: the key %q has a zero byte", ErrInvalid, m.Key)
	}
	return CheckName("group", m.Group)
}

func (u Unique) check() error {
	switch {
	case u.Key == "" && u.Window == 0:
		return nil
	case u.Window != 0 && (u.Window < time.Millisecond || u.Window > MaxDelay):
		return fmt.Errorf("%w: the unique window %v is outside 1ms to %v", ErrInvalid, u.Window, MaxDelay)
	case len(u.Key) > MaxNameLen:
		return fmt.Errorf("%w: the unique key has %d bytes, at most %d are allowed", ErrInvalid, len(u.Key), MaxNameLen)
	case u.Key == "":
		return fmt.Errorf("%w: a unique window needs a unique key", ErrInvalid)
	}
	return nil
}

func (o Once) check() error {
	switch {
	case o == Once{}:
		return nil
	case o.Seq < 1 || o.Seq > MaxSeq:
		return fmt.Errorf("%w: once: %d is outside 1 to %d", ErrInvalid, o.Seq, int64(MaxSeq))
	}
	return CheckName("name of a once", o.Name)
}

func (m *Message) checkTimes() error {
	switch {
	case m.Delay < 0 || m.Delay > MaxDelay:
		return fmt.Errorf("%w: delay %v is outside 0 to %v", ErrInvalid, m.Delay, MaxDelay)
	case m.Delay > 0 && !m.Due.IsZero():
		return fmt.Errorf("%w: a task has a delay or a due time, not both", ErrInvalid)
	case m.Timeout < 0 || m.Timeout > MaxTimeout:
		return fmt.Errorf("%w: timeout %v is outside 0 to %v", ErrInvalid, m.Timeout, MaxTimeout)
	case m.Retention < 0 || m.Retention > MaxDelay:
		return fmt.Errorf("%w: retention %v is outside 0 to %v", ErrInvalid, m.Retention, MaxDelay)
	case m.Expires < 0 || m.Expires > MaxDelay:
		return fmt.Errorf("%w: expiry %v is outside 0 to %v", ErrInvalid, m.Expires, MaxDelay)
	}
	return nil
}

// checkHistory is about the past of a message, which few messages have.
func (m *Message) checkHistory() error {
	switch {
	case m.Lost >= LostLimit:
		return fmt.Errorf("%w: %d losses in a row make a dead letter, at most %d are allowed", ErrInvalid, m.Lost, LostLimit-1)
	case len(m.Failures) > MaxFailures:
		return fmt.Errorf("%w: %d failures, at most the newest %d are kept", ErrInvalid, len(m.Failures), MaxFailures)
	}
	for i := range m.Failures {
		if n := len(m.Failures[i].Reason); n > MaxReasonBytes {
			return fmt.Errorf("%w: the reason of failure %d has %d bytes, at most %d are allowed (use TrimReason)", ErrTooLarge, i, n, MaxReasonBytes)
		}
	}
	return nil
}

func (m *Message) checkSizes() error {
	switch {
	case len(m.Payload) == 0:
		return fmt.Errorf("%w: the payload of %s is empty", ErrInvalid, m.Kind)
	case len(m.Payload) > MaxPayloadBytes:
		return fmt.Errorf("%w: the payload of %s has %d bytes, at most %d are allowed", ErrTooLarge, m.Kind, len(m.Payload), MaxPayloadBytes)
	case m.Max < 1 || m.Max > MaxRetries+1:
		return fmt.Errorf("%w: %d runs are outside 1 to %d", ErrInvalid, m.Max, MaxRetries+1)
	case m.Priority < Low || m.Priority > Critical:
		return fmt.Errorf("%w: priority %d is outside %d to %d", ErrInvalid, m.Priority, Low, Critical)
	}
	n := 0
	for _, h := range m.Headers {
		n += len(h.Key) + len(h.Value)
	}
	if n > MaxHeaderBytes {
		return fmt.Errorf("%w: the headers of %s have %d bytes, at most %d are allowed", ErrTooLarge, m.Kind, n, MaxHeaderBytes)
	}
	return nil
}
