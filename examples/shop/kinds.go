package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/tqgen/taskqueue/examples/shop/messages"
	"github.com/tqgen/taskqueue/examples/shop/orders"
	"github.com/tqgen/taskqueue/examples/shop/work"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// kinds are what can be posted: the name in the path, and how JSON becomes a job.
var kinds = map[string]func(body []byte, options ...taskqueue.Option) (taskqueue.Job, error){
	"email":        job[messages.Email],
	"notification": job[messages.Notification],
	"sms":          job[messages.SMS],
	"webhook":      job[messages.Webhook],
	"chat-post":    job[messages.ChatPost],
	"newsletter":   job[messages.Newsletter],

	"charge": job[orders.Charge],
	"ship":   job[orders.Ship],
	"refund": job[orders.Refund],

	"thumbnail": job[work.Thumbnail],
	"report":    job[work.Report],
	"analytics": job[work.Analytics],
	"summary":   job[work.Summary],
	"transcode": job[work.Transcode],
	"import":    job[work.Import],
	"training":  job[work.Training],
	"backup":    job[work.Backup],
	"cleanup":   job[work.Cleanup],
	"index":     job[work.Index],
}

// job reads a task from JSON. Unknown fields are mistakes.
func job[T interface {
	Job(options ...taskqueue.Option) taskqueue.Job
}](body []byte, options ...taskqueue.Option) (taskqueue.Job, error) {
	var task T
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&task); err != nil {
		return taskqueue.Job{}, fmt.Errorf("%w: the body is no %T: %w", taskqueue.ErrInvalid, task, err)
	}
	return task.Job(options...), nil
}
