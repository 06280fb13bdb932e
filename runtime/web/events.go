package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	eventPeriod  = 2 * time.Second
	eventTimeout = 10 * time.Second // for a browser to take one
	streamAge    = 15 * time.Minute // then the browser asks again, and is asked who it is
	maxStreams   = 64
)

// A broadcast sends the overview to every dashboard that listens. It looks once for
// all of them, and only while somebody listens.
type broadcast struct {
	mu        sync.Mutex
	listeners map[chan []byte]bool
	stop      context.CancelFunc
	last      []byte
}

// listen adds a listener, who has the newest event only; leave ends that. The last
// one to leave ends the goroutine. Nil: there are too many.
func (b *broadcast) listen(look func(context.Context) []byte) (events <-chan []byte, leave func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.listeners) >= maxStreams {
		return nil, nil
	}
	c := make(chan []byte, 1)
	if len(b.listeners) == 0 {
		var ctx context.Context
		ctx, b.stop = context.WithCancel(context.Background())
		b.listeners, b.last = map[chan []byte]bool{}, nil
		go b.run(ctx, look)
	} else if b.last != nil {
		c <- b.last
	}
	b.listeners[c] = true
	return c, func() { b.leave(c) }
}

func (b *broadcast) leave(c chan []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.listeners, c)
	if len(b.listeners) == 0 {
		b.stop()
	}
}

// run looks and tells until the last one has left.
func (b *broadcast) run(ctx context.Context, look func(context.Context) []byte) {
	ticker := time.NewTicker(eventPeriod)
	defer ticker.Stop()
	for {
		b.tell(ctx, look(ctx))
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// tell gives each listener the newest event; a slow one does not get those before.
func (b *broadcast) tell(ctx context.Context, event []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ctx.Err() != nil {
		return // the listeners are those of another run
	}
	b.last = event
	for c := range b.listeners {
		select {
		case <-c:
		default:
		}
		c <- event
	}
}

// event is the overview as a server-sent event.
func (h *handler) event(ctx context.Context) []byte {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	name := "overview"
	reply, err := h.overviewNow(ctx)
	if err != nil {
		name, reply = "trouble", problemOf(err)
		h.Logger.DebugContext(ctx, "web event failed", "error", err)
	}
	data, err := json.Marshal(reply)
	if err != nil {
		return nil
	}
	return fmt.Appendf(nil, "event: %s\ndata: %s\n\n", name, data)
}

// events streams overviews until the browser leaves, the program ends (Config.Done)
// or the stream is old.
func (h *handler) events(w http.ResponseWriter, r *http.Request) {
	if _, err := h.guard.admit(r, View); err != nil {
		h.refuse(w, r, err)
		return
	}
	events, leave := h.broadcast.listen(h.event)
	if events == nil {
		h.refuse(w, r, errTooMany)
		return
	}
	defer leave()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep them
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // nothing more is read: a server's ReadTimeout would end it
	old := time.NewTimer(streamAge)
	defer old.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-h.Done:
			return
		case <-old.C:
			return
		case event := <-events:
			_ = out.SetWriteDeadline(time.Now().Add(eventTimeout)) // not every writer can
			if _, err := w.Write(event); err != nil || out.Flush() != nil {
				return
			}
		}
	}
}
