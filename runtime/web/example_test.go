package web_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

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
