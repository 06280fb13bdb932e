// Package web serves a task queue over HTTP: health and metrics, an API for
// operators, and a dashboard.
//
//	mux.Handle("/tasks/", web.Handler(client, web.Config{
//		Workers: []*taskqueue.Worker{worker},
//		Auth:    web.BasicAuth("ada", password),
//	}))
//
// Every number is true when it is read: counts come from the store and are those
// of all processes, times are those that the workers of all processes told within
// the last seconds. What is not known
// is null. The document at <prefix>/openapi.json describes each answer.
package web
