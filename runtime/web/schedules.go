package web

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

type schedulesReply struct {
	Ticks []tickView `json:"ticks"` // of the crons of this process' workers, the next first
	stamp
}

type tickView struct {
	Name string    `json:"name"` // of the cron
	At   time.Time `json:"at"`   // with the offset of the cron's zone
	Zone string    `json:"zone"`
}

func (h *handler) schedules(r *http.Request) (any, error) {
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	var ticks []taskqueue.Tick
	for _, w := range h.Workers {
		ticks = append(ticks, w.NextTicks(limit)...)
	}
	slices.SortFunc(ticks, func(a, b taskqueue.Tick) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Name, b.Name))
	})
	ticks = slices.CompactFunc(ticks, func(a, b taskqueue.Tick) bool { return a.Name == b.Name && a.At.Equal(b.At) })
	reply := schedulesReply{Ticks: []tickView{}, stamp: now()}
	for _, t := range ticks[:min(len(ticks), limit)] {
		reply.Ticks = append(reply.Ticks, tickView{t.Name, t.At, t.At.Location().String()})
	}
	return reply, nil
}
