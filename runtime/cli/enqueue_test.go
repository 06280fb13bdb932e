package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tqgen/taskqueue/examples/shop/messages"
	"github.com/tqgen/taskqueue/examples/shop/orders"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// generated are tasks of tqgen. No handler is called.
func generated() []taskqueue.Task {
	return append(orders.Tasks(struct{ orders.Handler }{}), messages.Tasks(struct{ messages.Handler }{})...)
}

// What a generated task says of itself, its key, what makes it unique and what its
// methods return, counts on the command line as it does in the program.
func TestEnqueueIsAsGenerated(t *testing.T) {
	client, url := store(t)
	program, _ := store(t)
	for _, tt := range []struct {
		args []string
		task interface {
			Job(options ...taskqueue.Option) taskqueue.Job
		}
		options []taskqueue.Option
	}{
		{args: []string{"orders.Charge", "--order=7", "--cents", "250"}, task: orders.Charge{Order: 7, Cents: 250}},
		{args: []string{"orders.Charge", "--order=8", "--unique=mine", "--unique-for=1h"}, task: orders.Charge{Order: 8},
			options: []taskqueue.Option{taskqueue.Unique("mine", time.Hour)}},
		{args: []string{"orders.Ship", "--order=7", "--parcel=2"}, task: orders.Ship{Order: 7, Parcel: 2}},
		{args: []string{"orders.Ship", "--order=7", "--key=other"}, task: orders.Ship{Order: 7}, options: []taskqueue.Option{taskqueue.WithKey("other")}},
		{args: []string{"messages.Webhook", "--customer=acme", "--payload=AQI="}, task: messages.Webhook{Customer: "acme", Payload: []byte{1, 2}}},
		{args: []string{"messages.ChatPost", "--json", `{"Text": "hi", "Channel": "ops"}`}, task: messages.ChatPost{Channel: "ops", Text: "hi"}},
		{args: []string{"messages.SMS", "--phone=1", "--urgent"}, task: messages.SMS{Phone: "1", Urgent: true}},
		{args: []string{"messages.SMS", "--retries=3"}, task: messages.SMS{}, options: []taskqueue.Option{taskqueue.Retries(3)}},
	} {
		got := enqueued(t, client, url, tt.args...)
		id, err := program.Enqueue(t.Context(), tt.task.Job(tt.options...))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(found(t, program, id), got, cmpopts.IgnoreFields(broker.Message{}, "ID", "Ready")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", strings.Join(tt.args, " "), diff)
		}
	}
	again := startAs(t, "generated", []string{"REDIS_URL=" + url}, "enqueue", "orders.Charge", "--order=7")
	if code, stderr := again.exit(); code != 1 || !strings.Contains(stderr, "generated: taskqueue: duplicate task") {
		t.Errorf("the same order again: exit code %d\n%s", code, stderr)
	}
}

// enqueued is the message that a command line makes.
func enqueued(t *testing.T, client *taskqueue.Client, url string, args ...string) *broker.Message {
	t.Helper()
	p := startAs(t, "generated", []string{"REDIS_URL=" + url}, append([]string{"enqueue"}, args...)...)
	id, err := taskqueue.ParseID(p.await(p.stdout, ""))
	if err != nil {
		t.Fatal(err)
	}
	if code, stderr := p.exit(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	return found(t, client, id)
}

func found(t *testing.T, client *taskqueue.Client, id taskqueue.ID) *broker.Message {
	t.Helper()
	e, err := client.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return e.Message
}
