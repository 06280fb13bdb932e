package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
)

// An Action is what a request asks for.
type Action string

// The actions.
const (
	ViewHealth  Action = "health"     // whether all is well
	View        Action = "view"       // everything else that is only read
	PauseQueue  Action = "pause"      // and resume
	LimitQueue  Action = "limit"      // how many tasks a queue takes
	PurgeQueue  Action = "purge"      // drop all tasks in a state
	CancelTask  Action = "cancel"     // one task or many
	RequeueTask Action = "requeue"    // one task or many; reschedule
	DeleteTask  Action = "delete"     // one task or many
	PauseCron   Action = "pause_cron" // and resume
	RunCron     Action = "run_cron"   // out of turn
)

// Changes reports whether an action changes anything.
func (a Action) Changes() bool { return a != View && a != ViewHealth }

// An Authorizer decides whether a request may do an action. who is the name of the
// asker for the audit log. The error is ErrUnauthenticated, possibly wrapped, if
// the request should come again with credentials; any other error refuses it (403),
// and its text is in the answer.
type Authorizer func(r *http.Request, a Action) (who string, err error)

// ErrUnauthenticated is the answer to a request without valid credentials.
var ErrUnauthenticated = errors.New("web: credentials are missing or wrong")

// errForbidden is that to a request which may not be made.
var errForbidden = errors.New("web: not permitted")

// BasicAuth lets one user with a password do everything. Use it over TLS only.
func BasicAuth(user, password string) Authorizer {
	return func(r *http.Request, _ Action) (string, error) {
		u, p, ok := r.BasicAuth()
		known, right := same(u, user), same(p, password) // both, whatever comes of the first
		if !known || !right || !ok || password == "" {
			return "", ErrUnauthenticated
		}
		return u, nil
	}
}

// BearerToken lets whoever has a token do everything; each token is known to the
// audit log by the name that it is given. Use it over TLS only.
func BearerToken(nameOf map[string]string) Authorizer {
	return func(r *http.Request, _ Action) (string, error) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			return "", ErrUnauthenticated
		}
		for t, name := range nameOf {
			if same(t, token) {
				return name, nil
			}
		}
		return "", ErrUnauthenticated
	}
}

// same compares in a time that does not tell where the difference is.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
