package web_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/web"
)

func ExampleHandler() {
	client, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	mux := http.NewServeMux()
	mux.Handle("/tasks/", web.Handler(client, web.Config{ReadOnly: true}))

	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/tasks/health", nil))
	fmt.Println(answer.Code)
	// Output: 200
}

// mount adds the handler to a program's mux.
func mount(ctx context.Context, mux *http.ServeMux, client *taskqueue.Client, worker *taskqueue.Worker) {
	mux.Handle("/tasks/", web.Handler(client, web.Config{
		Workers: []*taskqueue.Worker{worker},
		Auth:    web.BasicAuth("ada", os.Getenv("TASKS_PASSWORD")),
		Done:    ctx.Done(), // open dashboards end with the program
	}))
}

func ExampleConfig() {
	client, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	worker, err := taskqueue.NewWorker(client, taskqueue.WorkerConfig{Tasks: []taskqueue.Task{{
		Kind: &taskqueue.Kind{Name: "example.Task"}, Run: func(context.Context, []byte, []byte) ([]byte, error) { return nil, nil },
	}}})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mount(context.Background(), mux, client, worker)

	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/tasks/queues", nil))
	fmt.Println(answer.Code)
	// Output: 401
}

// A function decides about each request: here everybody may look, nobody may change.
func ExampleAuthorizer() {
	client, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	look := func(r *http.Request, a web.Action) (string, error) {
		if a.Changes() {
			return "", errors.New("ask the operators")
		}
		return r.RemoteAddr, nil
	}
	handler := web.Handler(client, web.Config{Auth: look})

	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		request := httptest.NewRequest(method, "/tasks/task/"+taskqueue.NewID(taskqueue.Default).String(), nil)
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		fmt.Println(method, answer.Code)
	}
	// Output:
	// GET 404
	// DELETE 403
}

// Each token has a name, under which the audit log keeps what was changed with it.
func ExampleBearerToken() {
	client, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	handler := web.Handler(client, web.Config{Auth: web.BearerToken(map[string]string{"s3cret": "deploy"})})

	for _, token := range []string{"guess", "s3cret"} {
		request := httptest.NewRequest(http.MethodGet, "/tasks/queues", nil)
		request.Header.Set("Authorization", "Bearer "+token)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		fmt.Println(answer.Code)
	}
	// Output:
	// 401
	// 200
}

// A payload as the dashboard shows it: what is secret stays hidden.
func ExampleReveal() {
	const schema = `{"version": 1, "payload": {"type": "array", "prefixItems": [
		{"title": "to", "type": "string"}, {"title": "pin", "type": "string", "writeOnly": true}]}}`
	payload := []byte("\x92\xa3Ada\xa41234") // of the task; its schema is that of client.Schemas
	fmt.Printf("%s\n", web.Reveal(schema, 1, payload))
	fmt.Println("no schema of a result:", web.RevealResult(schema, 1, payload) == nil)
	// Output:
	// {"to":"Ada","pin":"••••••"}
	// no schema of a result: true
}
