// Package picture draws the course of simulated runs as SVG.
package picture

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"math"
	"strings"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

// A Strip is one controller's run.
type Strip struct {
	Name   string // with what is to be known about it
	Course []sim.Point
}

// The picture's measures, in pixels.
const (
	width      = 1000
	left       = 64
	right      = 28
	top        = 76
	workerPane = 150
	waitPane   = 80
	ribbon     = 12
	gap        = 30
	title      = 22
	stripPane  = title + workerPane + 4 + ribbon + title + waitPane + gap
	axis       = 16
)

// Colors that people with any color vision can tell apart (Okabe and Ito).
const (
	busyFill     = "#cfe3f3"
	readyStroke  = "#0072b2"
	wantedStroke = "#d55e00"
	workStroke   = "#555555"
	waitStroke   = "#cc79a7"
	targetStroke = "#009e73"
)

// termColor is the ribbon's color of a term, white for peers, which have none.
func termColor(term string) string {
	switch autoscaler.Term(term) {
	case autoscaler.TermSteady:
		return "#56b4e9"
	case autoscaler.TermPressure:
		return "#d55e00"
	case autoscaler.TermSchedule:
		return "#f0e442"
	case autoscaler.TermReserve:
		return "#009e73"
	case autoscaler.TermErrors:
		return "#000000"
	case autoscaler.TermMemory:
		return "#cc79a7"
	case autoscaler.TermBounds:
		return "#e69f00"
	case autoscaler.TermHold:
		return "#dddddd"
	}
	return "#ffffff"
}

// Write draws strips one below the other, all over the same time: workers
// wanted, ready and busy with the offered work, the oldest wait against its
// target, and a ribbon that tells which term decided.
func Write(w io.Writer, tr *sim.Trace, strips []Strip) error {
	p := &pen{out: bufio.NewWriter(w), trace: tr}
	height := top + len(strips)*stripPane + axis
	p.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="12" fill="#222">`, width, height, width, height)
	p.printf(`<title>%s: %d controllers</title><rect width="100%%" height="100%%" fill="white"/>`, html.EscapeString(tr.Name), len(strips))
	p.legend()
	y := float64(top)
	for i := range strips {
		y = p.strip(&strips[i], y)
	}
	p.times(y)
	p.printf("</svg>\n")
	if p.err != nil {
		return p.err
	}
	return p.out.Flush()
}

// A pen writes shapes, and keeps the first error.
type pen struct {
	out   *bufio.Writer
	trace *sim.Trace
	err   error
}

func (p *pen) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(p.out, format+"\n", args...); p.err == nil {
		p.err = err
	}
}

func (p *pen) x(t float64) float64 { return left + t/p.trace.Duration*(width-left-right) }

func (p *pen) text(x, y float64, attributes, format string, args ...any) {
	p.printf(`<text x="%.1f" y="%.1f"%s>%s</text>`, x, y, attributes, html.EscapeString(fmt.Sprintf(format, args...)))
}

func (p *pen) legend() {
	p.text(left, 20, ` font-weight="bold" font-size="15"`, "%s", p.trace.Name)
	x := float64(left)
	for _, entry := range []struct{ name, color, dash string }{
		{"wanted", wantedStroke, ""}, {"ready", readyStroke, ""}, {"busy", busyFill, ""},
		{"offered work", workStroke, "3 3"}, {"oldest wait", waitStroke, ""}, {"its target", targetStroke, "5 3"},
	} {
		stroke := 2
		if entry.color == busyFill {
			stroke = 10
		}
		p.printf(`<line x1="%.0f" x2="%.0f" y1="36" y2="36" stroke="%s" stroke-width="%d" stroke-dasharray="%s"/>`, x, x+22, entry.color, stroke, entry.dash)
		p.text(x+27, 40, "", "%s", entry.name)
		x += 45 + 7*float64(len(entry.name))
	}
	x = left
	for _, term := range autoscaler.Terms() {
		p.printf(`<rect x="%.0f" y="48" width="12" height="12" fill="%s" stroke="#999"/>`, x, termColor(string(term)))
		p.text(x+17, 58, "", "%s", term)
		x += 35 + 7*float64(len(term))
	}
}

// strip draws one run and returns where the next one begins.
func (p *pen) strip(s *Strip, y float64) float64 {
	points := thin(s.Course)
	slots := float64(max(1, p.trace.Slots))
	most := 1.0
	for _, c := range points {
		most = math.Max(most, math.Max(float64(c.Target), float64(c.Ready)))
	}
	end := y + stripPane
	y += title
	pane := scale{y, workerPane, most * 1.05}
	p.frame(pane, s.Name, "workers")
	p.area(points, pane, func(c sim.Point) float64 { return float64(c.Busy) / slots })
	p.line(points, pane, workStroke, "3 3", func(c sim.Point) float64 { return c.Offered / slots })
	p.line(points, pane, readyStroke, "", func(c sim.Point) float64 { return float64(c.Ready) })
	p.line(points, pane, wantedStroke, "", func(c sim.Point) float64 { return float64(c.Target) })
	y += workerPane + 4
	p.ribbon(points, y)

	y += ribbon + title
	longest := p.trace.Wait * 1.5
	for _, c := range points {
		longest = math.Max(longest, c.OldestWait)
	}
	pane = scale{y, waitPane, longest * 1.05}
	p.frame(pane, "", "oldest wait, s")
	at := pane.y(p.trace.Wait)
	p.printf(`<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="%s" stroke-dasharray="5 3"/>`, left, width-right, at, at, targetStroke)
	p.line(points, pane, waitStroke, "", func(c sim.Point) float64 { return c.OldestWait })
	return end
}

// A scale maps values from 0 to most onto a pane.
type scale struct{ top, height, most float64 }

func (s scale) y(v float64) float64 { return s.top + s.height*(1-math.Min(v, s.most)/s.most) }

func (p *pen) frame(s scale, title, unit string) {
	p.printf(`<rect x="%d" y="%.1f" width="%d" height="%.1f" fill="none" stroke="#bbb"/>`, left, s.top, width-left-right, s.height)
	p.text(left, s.top-6, ` font-weight="bold"`, "%s", title)
	p.text(width-right, s.top-6, ` text-anchor="end" fill="#666"`, "%s", unit)
	for _, share := range []float64{0, 0.5, 1} {
		value := s.most / 1.05 * share
		p.text(left-6, s.y(value)+4, ` text-anchor="end" fill="#666"`, "%.3g", value)
	}
}

func (p *pen) path(points []sim.Point, s scale, value func(sim.Point) float64) string {
	var b strings.Builder
	for _, c := range points {
		fmt.Fprintf(&b, "%.1f,%.1f ", p.x(c.At), s.y(value(c)))
	}
	return b.String()
}

func (p *pen) line(points []sim.Point, s scale, color, dash string, value func(sim.Point) float64) {
	p.printf(`<polyline fill="none" stroke="%s" stroke-width="1.3" stroke-dasharray="%s" points="%s"/>`, color, dash, p.path(points, s, value))
}

func (p *pen) area(points []sim.Point, s scale, value func(sim.Point) float64) {
	if len(points) == 0 {
		return
	}
	bottom := s.top + s.height
	p.printf(`<polygon fill="%s" points="%.1f,%.1f %s%.1f,%.1f"/>`, busyFill,
		p.x(points[0].At), bottom, p.path(points, s, value), p.x(points[len(points)-1].At), bottom)
}

// ribbon joins points of the same term to one rectangle.
func (p *pen) ribbon(points []sim.Point, y float64) {
	for i := 0; i < len(points); {
		j := i
		for j < len(points) && points[j].Term == points[i].Term {
			j++
		}
		until := p.trace.Duration
		if j < len(points) {
			until = points[j].At
		}
		if term := points[i].Term; term != "" {
			from := p.x(points[i].At)
			p.printf(`<rect x="%.1f" y="%.1f" width="%.1f" height="%d" fill="%s"><title>%s</title></rect>`,
				from, y, p.x(until)-from, ribbon, termColor(term), html.EscapeString(term))
		}
		i = j
	}
}

// times labels the time axis, in minutes.
func (p *pen) times(y float64) {
	minutes := p.trace.Duration / 60
	step := math.Max(1, 5*math.Ceil(minutes/60))
	for m := 0.0; m <= minutes; m += step {
		p.text(p.x(m*60), y, ` text-anchor="middle" fill="#666"`, "%.0f min", m)
	}
}

// thin keeps so many points that each has a pixel, of every heap the one with
// the longest wait.
func thin(points []sim.Point) []sim.Point {
	const most = width - left - right
	if len(points) <= most {
		return points
	}
	kept := make([]sim.Point, 0, most)
	for i := range most {
		heap := points[i*len(points)/most : (i+1)*len(points)/most]
		worst := heap[0]
		for _, c := range heap {
			if c.OldestWait > worst.OldestWait {
				worst = c
			}
		}
		kept = append(kept, worst)
	}
	return kept
}
