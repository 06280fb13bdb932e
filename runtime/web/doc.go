// Package web serves a task queue over HTTP: health and metrics, an API for
// operators, and a dashboard.
//
//	var metrics taskqueue.Metrics
//	worker, err := taskqueue.NewWorker(client, taskqueue.WorkerConfig{
//		Tasks: tasks, OnFinish: metrics.Observe,
//	})
//	…
//	mux.Handle("/tasks/", web.Handler(client, web.Config{
//		Workers: []*taskqueue.Worker{worker}, Metrics: &metrics,
//		Auth:    web.BasicAuth("ada", password),
//	}))
//
// Every number is true when it is read: counts come from the store and are those
// of all processes, times come from the workers of this process. What is not known
// is null. The document at <prefix>/openapi.json describes each answer.
package web
