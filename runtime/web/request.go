package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

const (
	maxBody     = 64 << 10
	bodyTimeout = 10 * time.Second // for all of it
	defaultPage = 50
	maxPage     = 500
)

func hasBody(r *http.Request) bool { return r.Body != nil && r.Body != http.NoBody }

// hurry bounds how long a body may take to come, whatever the server's own limits are:
// nobody holds a connection by sending slowly. Without that a server waits for the body
// of a request that was refused before it answers.
func hurry(w http.ResponseWriter, r *http.Request) {
	if hasBody(r) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // not every writer can
	}
}

// receive reads the whole body of a request, which may not be large.
func receive(w http.ResponseWriter, r *http.Request) error {
	if !hasBody(r) {
		return nil
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return fmt.Errorf("%w: the body has more than %d bytes", taskqueue.ErrTooLarge, maxBody)
	}
	if err != nil {
		return fmt.Errorf("%w: the body: %w", errBody, err)
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // what is done with it may take longer
	r.Body = io.NopCloser(bytes.NewReader(data))
	return nil
}

// read decodes the body of a request; an empty one is like {}.
func read[T any](r *http.Request) (T, error) {
	var body T
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(&body)
	if errors.Is(err, io.EOF) {
		return body, nil
	}
	if err == nil && d.More() {
		err = errors.New("there is more after the first value")
	}
	if err != nil {
		return body, fmt.Errorf("%w: the body: %w", taskqueue.ErrInvalid, err)
	}
	return body, nil
}

// queueOf is the queue that a path names.
func queueOf(r *http.Request) (string, error) {
	name := r.PathValue("queue")
	return name, broker.CheckName("queue name", name)
}

// taskOf is the task that a path names.
func taskOf(r *http.Request) (taskqueue.ID, error) { return taskqueue.ParseID(r.PathValue("id")) }

// limitOf is how much a page may hold.
func limitOf(r *http.Request) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return defaultPage, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxPage {
		return 0, fmt.Errorf("%w: limit %q is outside 1 to %d", taskqueue.ErrInvalid, text, maxPage)
	}
	return n, nil
}

// stateOf reads the name of a state whose tasks can be listed.
func stateOf(name string) (taskqueue.State, error) {
	for _, s := range []taskqueue.State{taskqueue.Pending, taskqueue.Scheduled, taskqueue.Parked, taskqueue.StateDead} {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("%w: state %q is not pending, scheduled, parked or dead", taskqueue.ErrInvalid, name)
}
