package taskqueue

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// An ID names a task; ids sort by creation time. See [broker.ID].
type ID = broker.ID

// NewID makes an id for a task of the named queue, for [WithID].
func NewID(queue string) ID { return broker.NewID(queue, time.Now()) }

// ParseID reads the text form of an ID.
func ParseID(s string) (ID, error) { return broker.ParseID(s) }

// A Priority orders tasks inside a queue. The zero value is Normal.
type Priority = broker.Priority

// The four priorities; a higher one is served first.
const (
	Low      = broker.Low
	Normal   = broker.Normal
	High     = broker.High
	Critical = broker.Critical
)
