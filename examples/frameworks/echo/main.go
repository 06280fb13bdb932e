// Command echo mounts the dashboard and the API of a task queue in a server of echo.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/labstack/echo/v4"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/web"
)

func main() {
	client, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	router := echo.New()
	router.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "the program's own pages") })
	router.Any("/tasks/*", echo.WrapHandler(web.Handler(client, web.Config{})))
	listener, err := net.Listen("tcp", address())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/tasks/\n", listener.Addr())
	log.Fatal(http.Serve(listener, router))
}

// address is loopback unless the first argument says otherwise.
func address() string {
	if len(os.Args) > 1 {
		return os.Args[1]
	}
	return "127.0.0.1:8080"
}
