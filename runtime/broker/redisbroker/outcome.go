package redisbroker

import (
	"strings"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// What is left of a task that is done is its shape, between a byte with which no
// MessagePack begins and a zero, and its result. Older releases left the result alone.
const shaped = "\xc1"

// leftBy is what is kept of a task that has ended in this state.
func leftBy(end *broker.Settle, s broker.State) string {
	if s == broker.StateDone {
		return doneText(end.Lease.Message.Shape(), end.Result)
	}
	return broker.TrimReason(end.Reason)
}

func doneText(s broker.Shape, result []byte) string {
	return shaped + shapeName(s) + "\x00" + string(result)
}

// parseDone reads what doneText has written.
func parseDone(data string) (s broker.Shape, result []byte) {
	rest, ok := strings.CutPrefix(data, shaped)
	if !ok {
		return s, []byte(data)
	}
	kind, rest, _ := strings.Cut(rest, "\x00")
	version, rest, _ := strings.Cut(rest, "\x00")
	return parseShape(kind + "\x00" + version), []byte(rest)
}
