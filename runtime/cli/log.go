package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/tqgen/taskqueue/runtime/config"
)

// logs makes the loggers of a program's parts.
type logs struct {
	settings config.Log
	out      io.Writer
	colours  bool
}

// of is the logger of a component, or of everything else.
func (l *logs) of(component string) *slog.Logger {
	log := slog.New(l.handler(l.settings.Level(component)))
	if component != "" {
		log = log.With("component", component)
	}
	return log
}

func (l *logs) handler(level slog.Level) slog.Handler {
	o := &slog.HandlerOptions{Level: level}
	switch l.settings.Format {
	case "json":
		return slog.NewJSONHandler(l.out, o)
	case "text":
		return slog.NewTextHandler(l.out, o)
	case "compact":
		return newLineHandler(l.out, level, compact)
	}
	if l.colours {
		return newLineHandler(l.out, level, coloured)
	}
	return newLineHandler(l.out, level, pretty)
}

// A look is how a line begins, up to its attributes.
type look func(b *bytes.Buffer, r *slog.Record)

func compact(b *bytes.Buffer, r *slog.Record) {
	fmt.Fprintf(b, "%s %s %s ", r.Time.Format("15:04:05"), r.Level.String()[:1], r.Message)
}

func pretty(b *bytes.Buffer, r *slog.Record) {
	fmt.Fprintf(b, "%s %-5s %-24s ", r.Time.Format("2006-01-02 15:04:05.000"), r.Level, r.Message)
}

func coloured(b *bytes.Buffer, r *slog.Record) {
	const red, yellow, green, grey = 31, 33, 32, 90
	colour := grey
	switch {
	case r.Level >= slog.LevelError:
		colour = red
	case r.Level >= slog.LevelWarn:
		colour = yellow
	case r.Level >= slog.LevelInfo:
		colour = green
	}
	fmt.Fprintf(b, "\x1b[%dm%s\x1b[0m \x1b[%dm%-5s\x1b[0m \x1b[1m%-24s\x1b[0m ", grey, r.Time.Format("15:04:05.000"), colour, r.Level, r.Message)
}

// A lineHandler writes lines for people: what look makes of time, level and
// message, then the attributes as a slog.TextHandler writes them.
type lineHandler struct {
	level slog.Level
	look  look
	attrs slog.Handler // writes to page
	page  *page
}

// A page is where the parts of a line meet. Handlers of one logger share it.
type page struct {
	mu   sync.Mutex
	line bytes.Buffer
	out  io.Writer
}

func newLineHandler(out io.Writer, level slog.Level, look look) *lineHandler {
	p := &page{out: out}
	attrs := slog.NewTextHandler(&p.line, &slog.HandlerOptions{Level: level, ReplaceAttr: withoutHead})
	return &lineHandler{level: level, look: look, attrs: attrs, page: p}
}

// withoutHead drops what look has written.
func withoutHead(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
		return slog.Attr{}
	}
	return a
}

// Enabled implements slog.Handler.
func (h *lineHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// Handle implements slog.Handler.
func (h *lineHandler) Handle(ctx context.Context, r slog.Record) error {
	h.page.mu.Lock()
	defer h.page.mu.Unlock()
	line := &h.page.line
	line.Reset()
	h.look(line, &r)
	if err := h.attrs.Handle(ctx, r); err != nil {
		return err
	}
	text := append(bytes.TrimRight(line.Bytes(), " \n"), '\n')
	_, err := h.page.out.Write(text)
	return err
}

// WithAttrs implements slog.Handler.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	more := *h
	more.attrs = h.attrs.WithAttrs(attrs)
	return &more
}

// WithGroup implements slog.Handler.
func (h *lineHandler) WithGroup(name string) slog.Handler {
	more := *h
	more.attrs = h.attrs.WithGroup(name)
	return &more
}
