package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A problem is an error as RFC 9457 has it.
type problem struct {
	Type      string    `json:"type"`              // always about:blank: the status says it all
	Title     string    `json:"title"`             // the name of the status
	Status    int       `json:"status"`            // the same as that of the answer
	Detail    string    `json:"detail"`            // what was wrong, and what to do
	Changed   *int      `json:"changed,omitempty"` // by a change of many that ended early: at least so many
	Meant     *int      `json:"meant,omitempty"`   // of so many, if that is known; ask again for the rest
	Timestamp time.Time `json:"timestamp"`
}

var (
	errMediaType = errors.New("web: a change needs the header Content-Type: application/json")
	errNoPath    = errors.New("web: there is nothing at this path")
	errBody      = errors.New("web: the body did not come")
	errTooMany   = errors.New("web: too many dashboards are open")
	errMethod    = errors.New("web: this path does not know the method; see the header Allow")
)

// statuses are tried in this order.
var statuses = []struct {
	err    error
	status int
}{
	{ErrUnauthenticated, http.StatusUnauthorized},
	{errForbidden, http.StatusForbidden},
	{errMediaType, http.StatusUnsupportedMediaType},
	{errNoPath, http.StatusNotFound},
	{errMethod, http.StatusMethodNotAllowed},
	{errTooMany, http.StatusTooManyRequests},
	{errBody, http.StatusRequestTimeout},
	{taskqueue.ErrNotFound, http.StatusNotFound},
	{taskqueue.ErrState, http.StatusConflict},
	{taskqueue.ErrTooLarge, http.StatusRequestEntityTooLarge},
	{taskqueue.ErrInvalid, http.StatusBadRequest},
	{context.DeadlineExceeded, http.StatusGatewayTimeout},
	{taskqueue.ErrUnavailable, http.StatusServiceUnavailable},
	{taskqueue.ErrClosed, http.StatusServiceUnavailable},
}

// statusOf is the status that tells of an error.
func statusOf(err error) int {
	for _, s := range statuses {
		if errors.Is(err, s.err) {
			return s.status
		}
	}
	return http.StatusInternalServerError
}

// problemOf tells of an error. What the server is to blame for stays in its log.
func problemOf(err error) problem {
	p := problem{Type: "about:blank", Status: statusOf(err), Detail: err.Error(), Timestamp: time.Now().UTC()}
	p.Title = http.StatusText(p.Status)
	if p.Status >= http.StatusInternalServerError {
		p.Detail = "the store does not answer as it should; the log knows more"
	}
	if part, ok := errors.AsType[*partial](err); ok {
		p.Changed, p.Detail = &part.changed, part.tell()
		if part.meant > 0 {
			p.Meant = &part.meant
		}
	}
	return p
}

// left reports whether nobody waits for the answer any more: then there is none, and
// nothing has failed.
func left(r *http.Request) bool { return errors.Is(r.Context().Err(), context.Canceled) }

// refuse answers with a problem.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) int {
	body := problemOf(err)
	if body.Status >= http.StatusInternalServerError && !left(r) {
		h.Logger.ErrorContext(r.Context(), "web request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if body.Status == http.StatusUnauthorized {
		w.Header().Add("WWW-Authenticate", `Basic realm="tasks", charset="UTF-8"`)
		w.Header().Add("WWW-Authenticate", `Bearer realm="tasks"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(body.Status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		h.Logger.DebugContext(r.Context(), "web answer not sent", "error", err)
	}
	return body.Status
}
