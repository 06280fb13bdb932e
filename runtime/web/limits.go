package web

import (
	"cmp"
	"slices"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A kindLimitView is what a kind, or a key of it, may do in a queue at most.
type kindLimitView struct {
	Kind         string  `json:"kind"`           // its first name, if it was renamed
	MaxActive    int64   `json:"max_active"`     // at a time, in all processes; 0: no limit
	MaxRate      float64 `json:"max_rate"`       // that begin per second; 0: no limit
	KeyMaxActive int64   `json:"key_max_active"` // of one key
	KeyMaxRate   float64 `json:"key_max_rate"`
}

// viewLimits are the limits of the kinds of a queue, by kind.
func viewLimits(q *taskqueue.QueueInfo) []kindLimitView {
	all := []kindLimitView{}
	for kind, l := range q.Settings.Groups {
		all = append(all, kindLimitView{kind, l.Concurrency, perSecond(l.Rate), l.KeyConcurrency, perSecond(l.KeyRate)})
	}
	slices.SortFunc(all, func(a, b kindLimitView) int { return cmp.Compare(a.Kind, b.Kind) })
	return all
}
