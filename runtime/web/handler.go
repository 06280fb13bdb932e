package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// What one request may ask of the store is bounded. A change that takes longer is
// done in part; it can be asked for again.
const (
	lookTimeout   = 15 * time.Second
	changeTimeout = time.Minute
)

// Handler serves the endpoints below Config.Prefix; mount it at that path and
// below. It is safe for concurrent use, starts nothing and needs no closing.
//
// A mistake in the config makes a handler that answers every request with it: so
// that it is found at the first look and cannot open what should be closed.
func Handler(client *taskqueue.Client, config Config) http.Handler {
	h := &handler{Config: config.withDefaults(), client: client, started: time.Now(), mux: http.NewServeMux()}
	g, err := newGuard(&h.Config)
	if err == nil && client == nil {
		err = fmt.Errorf("web: Handler needs a client")
	}
	if err != nil {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		})
	}
	h.guard = g
	for _, e := range h.endpoints() {
		h.mux.HandleFunc(e.method+" "+e.path, h.serve(e))
	}
	h.pages()
	h.mux.HandleFunc("/", h.missing)
	return h
}

// A handler is what Handler returns.
type handler struct {
	Config
	client  *taskqueue.Client
	guard   guard
	started time.Time
	mux     *http.ServeMux
	history history
	fleet   fleet

	broadcast broadcast
	schemas   schemas
	groups    groups
	alarms    alarms
	peak      peak
	labels    labels
	unhandled unhandled
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	protect(w.Header())
	hurry(w, r)
	rest, ok := strings.CutPrefix(r.URL.Path, h.Prefix)
	switch {
	case ok && rest == "":
		// Relative: a proxy may have put more in front of it.
		w.Header().Set("Location", "./"+path.Base(h.Prefix)+"/")
		w.WriteHeader(http.StatusPermanentRedirect)
		return
	case !ok || !clean(rest):
		h.refuse(w, r, errNoPath)
		return
	}
	ctx, cancel := patience(r, rest)
	defer cancel()
	inner := r.WithContext(ctx)
	url := *r.URL
	url.Path, url.RawPath = rest, ""
	inner.URL = &url
	h.mux.ServeHTTP(w, inner)
}

// patience bounds a request; not a stream, which goes on until somebody leaves.
func patience(r *http.Request, path string) (context.Context, context.CancelFunc) {
	switch {
	case path == "/events":
		return context.WithCancel(r.Context())
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return context.WithTimeout(r.Context(), lookTimeout)
	}
	return context.WithTimeout(r.Context(), changeTimeout)
}

// clean refuses what a mux would tidy up: it is no path of ours.
func clean(p string) bool {
	return strings.HasPrefix(p, "/") && (path.Clean(p) == p || path.Clean(p)+"/" == p)
}

// missing answers for paths that do not exist, and for wrong methods.
func (h *handler) missing(w http.ResponseWriter, r *http.Request) {
	var allow []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := h.mux.Handler(other); pattern != "/" {
			allow = append(allow, method)
		}
	}
	if len(allow) == 0 {
		h.refuse(w, r, errNoPath)
		return
	}
	w.Header().Set("Allow", strings.Join(allow, ", "))
	h.refuse(w, r, errMethod)
}

// A status is a reply that may be about bad news.
type status interface{ status() int }

// serve is an endpoint with all that is the same for each of them.
func (h *handler) serve(e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r, told := withTrail(r)
		who, err := h.guard.admit(r, e.action)
		var body any
		if err == nil {
			if err = receive(w, r); err == nil {
				body, err = e.answer(h, r)
			}
		}
		code := h.reply(w, r, body, err)
		if e.action.Changes() {
			h.audit(r, e.action, who, code, err, told)
		}
	}
}

// reply sends a body, or the problem, and returns the status.
func (h *handler) reply(w http.ResponseWriter, r *http.Request, body any, err error) int {
	if err != nil {
		return h.refuse(w, r, err)
	}
	data, err := json.Marshal(body)
	if err != nil {
		return h.refuse(w, r, err)
	}
	code := http.StatusOK
	if s, ok := body.(status); ok {
		code = s.status()
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(data, '\n'))
	return code
}

// audit logs who asked for which change, and what came of it.
func (h *handler) audit(r *http.Request, a Action, who string, code int, err error, told *trail) {
	attrs := append([]any{"action", string(a), "who", who, "path", r.URL.Path, "remote", r.RemoteAddr, "status", code}, told.attrs...)
	if err != nil {
		attrs = append(attrs, "error", err)
	}
	h.Logger.InfoContext(r.Context(), "web change", attrs...)
}
