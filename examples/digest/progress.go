package main

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"github.com/tqgen/taskqueue/examples/digest/files"
)

const (
	barEvery  = 50 * time.Millisecond
	lineEvery = time.Second
)

// A progress shows how far the producer is: a bar on a terminal, else a line
// now and then.
type progress struct {
	out     *os.File
	bar     bool
	total   int
	start   time.Time
	ended   atomic.Int64
	bytes   atomic.Int64
	retries atomic.Int64
	dead    atomic.Int64
}

func newProgress(out *os.File, total int) *progress {
	return &progress{out: out, bar: term.IsTerminal(int(out.Fd())), total: total, start: time.Now()}
}

// add counts a task that has ended; nil: without a result.
func (p *progress) add(sum *files.Sum) {
	if sum == nil {
		p.dead.Add(1)
	} else {
		p.bytes.Add(sum.Size)
		p.retries.Add(int64(sum.Attempt - 1))
	}
	p.ended.Add(1)
}

// show keeps the terminal up to date until done is closed.
func (p *progress) show(done <-chan struct{}) {
	tick := time.NewTicker(p.every())
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.draw()
		case <-done:
			p.end()
			return
		}
	}
}

func (p *progress) every() time.Duration {
	if p.bar {
		return barEvery
	}
	return lineEvery
}

func (p *progress) end() {
	p.draw()
	if p.bar {
		fmt.Fprintln(p.out)
	}
}

func (p *progress) draw() {
	status := p.status(time.Since(p.start))
	if !p.bar {
		fmt.Fprintln(p.out, status)
		return
	}
	width := p.width()
	status = status[:min(len(status), max(width-1, 0))] // a line that wraps is not overwritten
	fmt.Fprint(p.out, "\r\x1b[K", bar(p.ended.Load(), int64(p.total), width-len(status)-2), status)
}

func (p *progress) width() int {
	width, _, err := term.GetSize(int(p.out.Fd()))
	if err != nil {
		return 80
	}
	return width
}

// status says it in words.
func (p *progress) status(elapsed time.Duration) string {
	ended := p.ended.Load()
	s := fmt.Sprintf("%s of %s tasks, %s, %.0f/s", thousands(ended), thousands(int64(p.total)),
		megabytes(p.bytes.Load()), float64(ended)/max(elapsed.Seconds(), 1e-3))
	if n := p.retries.Load(); n > 0 {
		s += fmt.Sprintf(", %d retries", n)
	}
	if n := p.dead.Load(); n > 0 {
		s += fmt.Sprintf(", %d dead", n)
	}
	return s
}

const (
	minBar = 10
	maxBar = 40
)

// bar is empty where there is no room for it.
func bar(done, total int64, room int) string {
	cells := int64(min(room-2, maxBar))
	if cells < minBar || total == 0 {
		return ""
	}
	full := int(done * cells / total)
	return "[" + strings.Repeat("#", full) + strings.Repeat("·", int(cells)-full) + "] "
}
