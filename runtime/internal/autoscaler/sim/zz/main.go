package main

import (
	"fmt"
	"os"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/workload"
)

func main() {
	w, _ := workload.Named(os.Args[1])
	var from, to, every float64
	fmt.Sscan(os.Args[2], &from)
	fmt.Sscan(os.Args[3], &to)
	fmt.Sscan(os.Args[4], &every)
	tr := w.Make(1)
	var last autoscaler.Decision
	p, _ := sim.NewProduct("x", sim.ConfigFor(tr), func(d autoscaler.Decision) { last = d })
	n := 0.0
	r := sim.Run(tr, p, sim.Options{Course: true, Look: func(now float64, target int) {
		if now >= from && now < to && now >= n {
			n = now + every
			fmt.Printf("%5.0f err %.2f cx %.2f phi %.2f st %.0f pr %.0f hb %.0f %s\n", now, last.Signals.ErrorRate.Value, last.Signals.Complexity.Value, last.Margin, last.Steady, last.Pressure, last.HeldBack, last)
		}
	}})
	for i, c := range r.Course {
		if c.At >= from && c.At < to && i%12 == 0 {
			fmt.Printf("%5.0f target %d ready %d busy %d queued %d oldest %.0f\n", c.At, c.Target, c.Ready, c.Busy, c.Queued, c.OldestWait)
		}
	}
}
