package autoscaler

import (
	"fmt"
	"testing"
	"time"
)

// A fleet of twenty types in six queues, a thousand workers of ten slots.
func busyFleet(b *testing.B) (*Controller, *Observation) {
	b.Helper()
	c := DefaultConfig()
	c.MaxWorkers = 1000
	controller, err := New(c)
	if err != nil {
		b.Fatal(err)
	}
	o := &Observation{Workers: Workers{Ready: 900, Slots: 10}, Memory: Memory{UsedMB: 5000, IdleMB: 500, LimitMB: 64000}}
	for i := range 20 {
		o.Types = append(o.Types, Type{Name: fmt.Sprintf("type%d", i), Running: 100})
	}
	for i := range 6 {
		o.Queues = append(o.Queues, Queue{Name: fmt.Sprintf("queue%d", i), Flows: make([]Flow, 20)})
	}
	return controller, o
}

func (o *Observation) advance(i int) {
	for t := range o.Types {
		ty := &o.Types[t]
		ty.Succeeded += 500
		ty.SuccessSeconds += 250
		ty.SuccessSquares += 125
		for q := range o.Queues {
			f := &o.Queues[q].Flows[t]
			f.Arrived += uint64(80 + i%7)
			f.Queued = 50 + i%13
		}
	}
	for q := range o.Queues {
		o.Queues[q].Started, o.Queues[q].WaitP95Seconds = 100, 1
	}
}

func BenchmarkDecide(b *testing.B) {
	c, o := busyFleet(b)
	now := worldBegin
	for i := range 2000 { // until lists have their length
		o.advance(i)
		now = now.Add(time.Second)
		c.Decide(now, *o)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		o.advance(i)
		now = now.Add(time.Second)
		c.Decide(now, *o)
		i++
	}
}

func BenchmarkState(b *testing.B) {
	c, o := busyFleet(b)
	now := worldBegin
	for i := range 2000 {
		o.advance(i)
		now = now.Add(time.Second)
		c.Decide(now, *o)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.State().MarshalJSON(); err != nil {
			b.Fatal(err)
		}
	}
}
