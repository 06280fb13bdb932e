package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// A bar is a line of a chart.
type bar struct {
	label string
	value float64
}

// charts are drawings of the figures, by file name.
func (r *report) charts() map[string]string {
	drawn := map[string]string{}
	add := func(file, title, unit string, bars []bar) {
		if len(bars) > 1 {
			drawn[file] = chart(title, unit, bars)
		}
	}
	add("drain.svg", "Tasks drained a second, 10 slots", "/s", r.bySystem("drain_c10_per_s"))
	add("enqueue.svg", "Tasks enqueued a second, 16 callers", "/s", r.bySystem("enqueue_16_per_s"))
	add("latency.svg", "Latency at 100 tasks a second, p99", "ms", r.bySystem("latency_p99_ms"))
	add("backlog.svg", "Tasks drained a second, by how many wait", "/s", r.series("backlog_1e", "_per_s"))
	add("processes.svg", "Tasks drained a second, by worker processes", "/s", r.series("processes_", "_per_s"))
	return drawn
}

func (r *report) bySystem(metric string) (bars []bar) {
	for _, name := range r.names() {
		if values := r.Samples[metric][name]; len(values) > 0 {
			bars = append(bars, bar{name, median(values)})
		}
	}
	return bars
}

// series are our figures of the metrics that are called alike.
func (r *report) series(prefix, suffix string) (bars []bar) {
	for _, metric := range sortedKeys(r.Samples) {
		middle, ok := strings.CutPrefix(metric, prefix)
		middle, ends := strings.CutSuffix(middle, suffix)
		if values := r.Samples[metric][systems[0].name]; ok && ends && len(values) > 0 {
			bars = append(bars, bar{strings.TrimSuffix(prefix, "_") + " " + middle, median(values)})
		}
	}
	return bars
}

const (
	chartWidth, barHeight, labelWidth = 640, 28, 150
	longestBar                        = chartWidth - labelWidth - 110
)

// chart draws bars. Where the largest is more than fifty times the smallest the
// scale is logarithmic, and says so.
func chart(title, unit string, bars []bar) string {
	least, most := math.Inf(1), 0.0
	for _, b := range bars {
		least, most = min(least, b.value), max(most, b.value)
	}
	logarithmic := least > 0 && most/least > 50
	if logarithmic {
		title += " (logarithmic)"
	}
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="13" role="img" aria-label="%s">`+"\n",
		chartWidth, 40+barHeight*len(bars), title)
	fmt.Fprintf(&s, `<rect width="100%%" height="100%%" fill="#fff"/><text x="10" y="22" font-weight="bold">%s</text>`+"\n", title)
	for i, b := range bars {
		share := b.value / most
		if logarithmic {
			share = (math.Log(b.value/least) + 1) / (math.Log(most/least) + 1)
		}
		y, color := 36+i*barHeight, "#9aa5b1"
		if i == 0 {
			color = "#2563eb"
		}
		fmt.Fprintf(&s, `<text x="10" y="%d">%s</text><rect x="%d" y="%d" width="%.0f" height="%d" fill="%s"/><text x="%.0f" y="%d">%s %s</text>`+"\n",
			y+15, b.label, labelWidth, y, max(share*longestBar, 1), barHeight-8, color, labelWidth+6+share*longestBar, y+15, digits(b.value), unit)
	}
	s.WriteString("</svg>\n")
	return s.String()
}
