package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/examples/shop/messages"
	"github.com/tqgen/taskqueue/examples/shop/orders"
	"github.com/tqgen/taskqueue/examples/shop/work"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// The staff does the work of all packages. Mail servers, banks and machines are left
// out of this example: each step logs what it would do and takes a while.
type staff struct {
	log   *slog.Logger
	pause time.Duration // of one step
}

// step is one thing that takes a while and can be interrupted.
func (s *staff) step(ctx context.Context, what string, args ...any) error {
	select {
	case <-time.After(s.pause):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	s.log.Log(ctx, slog.LevelDebug, what, append(args, "task", taskqueue.Info(ctx).ID)...)
	return nil
}

// Email sends a mail. An address that is none is no reason to try again.
func (s *staff) Email(ctx context.Context, task *messages.Email) error {
	if !strings.Contains(task.To, "@") {
		return taskqueue.Permanent(fmt.Errorf("%q is no address", task.To))
	}
	return s.step(ctx, "mail", "to", task.To)
}

// Notification shows something on a person's devices.
func (s *staff) Notification(ctx context.Context, task *messages.Notification) error {
	return s.step(ctx, "notification", "user", task.User)
}

// SMS sends a text message. The number is secret: it is not logged.
func (s *staff) SMS(ctx context.Context, task *messages.SMS) error {
	return s.step(ctx, "sms", "bytes", len(task.Text))
}

// Webhook calls a customer's server. A server that asks for patience gets it.
func (s *staff) Webhook(ctx context.Context, task *messages.Webhook) error {
	if strings.HasSuffix(task.URL, "/busy") && taskqueue.Info(ctx).Attempt == 1 {
		return taskqueue.RetryAfter(errors.New("429 Too Many Requests"), s.pause)
	}
	return s.step(ctx, "webhook", "customer", task.Customer, "event", task.Event)
}

// ChatPost writes into a channel.
func (s *staff) ChatPost(ctx context.Context, task *messages.ChatPost) error {
	return s.step(ctx, "chat", "channel", task.Channel)
}

// Newsletter hands many mails to the mail service in one call. Readers without an
// address fail alone.
func (s *staff) Newsletter(ctx context.Context, tasks []*messages.Newsletter) error {
	failed := taskqueue.BatchErrors{}
	for i, task := range tasks {
		if task.Reader == "" {
			failed[i] = taskqueue.Permanent(errors.New("a reader without an address"))
		}
	}
	if err := s.step(ctx, "newsletter", "readers", len(tasks)-len(failed)); err != nil || len(failed) == 0 {
		return err
	}
	return failed
}

// Charge takes money. The fencing token goes to the bank: it refuses an older run of
// the same task.
func (s *staff) Charge(ctx context.Context, task *orders.Charge) (*orders.Payment, error) {
	reference := fmt.Sprintf("order-%d.%d", task.Order, taskqueue.Info(ctx).Token)
	return &orders.Payment{Reference: reference, Cents: task.Cents}, s.step(ctx, "charge", "order", task.Order)
}

// Ship tells the warehouse.
func (s *staff) Ship(ctx context.Context, task *orders.Ship) error {
	return s.step(ctx, "ship", "order", task.Order, "parcel", task.Parcel)
}

// Refund gives money back.
func (s *staff) Refund(ctx context.Context, task *orders.Refund) error {
	return s.step(ctx, "refund", "order", task.Order)
}

// Transcode tells after each part how far it is.
func (s *staff) Transcode(ctx context.Context, task *work.Transcode) (int64, error) {
	const parts = 10
	for part := range parts {
		if err := s.step(ctx, "transcode", "source", task.Source, "part", part); err != nil {
			return 0, err
		}
		if err := taskqueue.Progress(ctx, fmt.Appendf(nil, "%d%%", 100*(part+1)/parts)); err != nil {
			return 0, err
		}
	}
	return int64(task.Width) * 1000, nil
}

// Import reads a file, a row a step.
func (s *staff) Import(ctx context.Context, task *work.Import) error {
	return s.step(ctx, "import", "file", task.File, "rows", task.Rows)
}

// Training fits a model. It is told when the worker stops, and loses nothing: the
// task is given back.
func (s *staff) Training(ctx context.Context, task *work.Training) error {
	for epoch := range task.Epochs {
		if err := s.step(ctx, "training", "model", task.Model, "epoch", epoch); err != nil {
			return err
		}
	}
	return nil
}

// Backup copies the database.
func (s *staff) Backup(ctx context.Context, task *work.Backup) error {
	return s.step(ctx, "backup", "full", task.Full)
}

// Cleanup forgets sessions.
func (s *staff) Cleanup(ctx context.Context, task *work.Cleanup) error {
	return s.step(ctx, "cleanup", "older", task.Older)
}

// Index puts products into the search index.
func (s *staff) Index(ctx context.Context, tasks []*work.Index) error {
	return s.step(ctx, "index", "products", len(tasks))
}
