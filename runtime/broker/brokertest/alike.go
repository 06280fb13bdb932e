package brokertest

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// alike is a quick comparison of the answers that a machine sees most. It
// spares go-cmp, which looks only at what is not alike.
func alike(a, b any) bool {
	switch a := a.(type) {
	case broker.Grant:
		b, ok := b.(broker.Grant)
		return ok && a.Now.Equal(b.Now) && a.More == b.More && a.Again == b.Again &&
			slices.Equal(a.Cancelled, b.Cancelled) && slices.Equal(a.Parked, b.Parked) &&
			slices.EqualFunc(a.Leases, b.Leases, alikeLeases) &&
			slices.EqualFunc(a.Died, b.Died, func(a, b broker.Message) bool { return alikeMessages(&a, &b) })
	case []broker.Entry:
		b, ok := b.([]broker.Entry)
		return ok && slices.EqualFunc(a, b, alikeEntries)
	case []broker.QueueInfo:
		b, ok := b.([]broker.QueueInfo)
		return ok && slices.EqualFunc(a, b, alikeInfos)
	}
	return false
}

func alikeLeases(a, b broker.Lease) bool {
	return a.Claim == b.Claim && a.Index == b.Index && alikeMessages(&a.Message, &b.Message)
}

func alikeEntries(a, b broker.Entry) bool {
	return a.Ref == b.Ref && a.State == b.State && a.Shape == b.Shape && a.Reason == b.Reason && a.At.Equal(b.At) &&
		bytes.Equal(a.Result, b.Result) && bytes.Equal(a.Progress, b.Progress) && (a.Message == nil) == (b.Message == nil) &&
		(a.Message == nil || alikeMessages(a.Message, b.Message))
}

func alikeInfos(a, b broker.QueueInfo) bool {
	return a.Queue == b.Queue && a.Settings.Equal(&b.Settings) && a.Settings.Version == b.Settings.Version && figures(&a) == figures(&b)
}

// figures are what a queue counts.
func figures(i *broker.QueueInfo) [16]int64 {
	return [...]int64{
		i.Pending, i.Scheduled, i.Parked, i.Active, i.Dead, i.Sessions, i.Lapsed,
		i.Enqueued, i.Done, i.Retried, i.Released, i.Died, i.Discarded, i.Lost, i.Deleted, i.Dropped,
	}
}

func alikeMessages(a, b *broker.Message) bool {
	return a.ID == b.ID && a.Queue == b.Queue && a.Kind == b.Kind && a.Version == b.Version &&
		a.Priority == b.Priority && a.Group == b.Group && a.Key == b.Key && a.Delay == b.Delay && a.Due.Equal(b.Due) &&
		a.Attempts == b.Attempts && a.Lost == b.Lost && a.LostBefore == b.LostBefore && a.Max == b.Max &&
		a.Timeout == b.Timeout && a.Retention == b.Retention && a.Unique == b.Unique && a.Ready.Equal(b.Ready) &&
		slices.Equal(a.Headers, b.Headers) && slices.EqualFunc(a.Failures, b.Failures, alikeFailures) &&
		bytes.Equal(a.Payload, b.Payload) && bytes.Equal(a.Unknown, b.Unknown)
}

func alikeFailures(a, b broker.Failure) bool {
	return a.At.Equal(b.At) && a.Attempt == b.Attempt && a.Reason == b.Reason
}

// difference shows how two long answers begin to differ; that of all would take
// long and hide it. It is empty where only the whole can tell.
func difference(a, b any) string {
	switch a := a.(type) {
	case broker.Grant:
		if b, ok := b.(broker.Grant); ok {
			return begin(a.Leases, b.Leases, alikeLeases)
		}
	case []broker.Entry:
		if b, ok := b.([]broker.Entry); ok {
			return begin(a, b, alikeEntries)
		}
	}
	return ""
}

func begin[T any](a, b []T, alike func(a, b T) bool) string {
	n := 0
	for n < min(len(a), len(b)) && alike(a[n], b[n]) {
		n++
	}
	diff := cmp.Diff(a[n:min(n+1, len(a))], b[n:min(n+1, len(b))], options...)
	if diff == "" {
		return ""
	}
	return fmt.Sprintf("at %d of %d and %d:\n%s", n, len(a), len(b), diff)
}
