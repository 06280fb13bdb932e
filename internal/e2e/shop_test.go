package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const emailTasks = `// Package email holds the mail tasks of the shop.
package email

// SendWelcome greets a new customer.
//
//taskqueue:task queue=high_priority retries=5 timeout=30s
type SendWelcome struct {
	Customer int64
	Locale   string
}

// RenderInvoice turns an order into a PDF.
//
//taskqueue:task timeout=2m result=Invoice unique=Order
type RenderInvoice struct{ Order int64 }

// An Invoice is the PDF of one order.
type Invoice struct {
	Order int64
	PDF   []byte
}
`

const shopProgram = `package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"slices"

	taskqueue "github.com/tqgen/taskqueue/runtime"

	"example.com/shop/email"
)

// Add is a task that does its own work.
//
//taskqueue:task
type Add struct{ A, B int }

// Execute adds.
func (a *Add) Execute(context.Context) (int, error) { return a.A + a.B, nil }

type mailer struct{ sent chan string }

func (m *mailer) SendWelcome(ctx context.Context, task *email.SendWelcome) error {
	m.sent <- fmt.Sprintf("%d %s %s", task.Customer, task.Locale, taskqueue.Info(ctx).Queue)
	return nil
}

func (m *mailer) RenderInvoice(_ context.Context, task *email.RenderInvoice) (*email.Invoice, error) {
	return &email.Invoice{Order: task.Order, PDF: []byte("%PDF")}, nil
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		return err
	}
	defer queue.Close()
	m := &mailer{make(chan string)}
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Tasks:  slices.Concat(Tasks(), email.Tasks(m)),
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}

	if _, err := (email.SendWelcome{Customer: 7, Locale: "de"}).Enqueue(ctx, queue); err != nil {
		return err
	}
	sum, err := Add{A: 2, B: 3}.Enqueue(ctx, queue)
	if err != nil {
		return err
	}
	invoice, err := email.RenderInvoice{Order: 9}.Enqueue(ctx, queue)
	if err != nil {
		return err
	}
	if _, err := (email.RenderInvoice{Order: 9}).Enqueue(ctx, queue); !errors.Is(err, taskqueue.ErrDuplicate) {
		return fmt.Errorf("the second task with one key: %w", err)
	}

	done := make(chan error)
	go func() { done <- worker.Run(ctx) }()
	fmt.Println("sent:", <-m.sent)
	n, err := sum.Get(ctx)
	fmt.Println("sum:", n, err)
	pdf, err := email.RenderInvoiceFuture(queue, invoice.ID).Get(ctx)
	if err != nil {
		return err
	}
	fmt.Println("invoice:", pdf.Order, string(pdf.PDF))
	stop()
	return <-done
}
`

// newShop is a module of two packages, generated.
func newShop(t *testing.T) module {
	t.Helper()
	m := newModule(t)
	m.write("email/email.go", emailTasks)
	m.write("main.go", shopProgram)
	m.run(tqgen)
	return m
}

// The whole way: annotate, generate, build, enqueue, work.
func TestShopRuns(t *testing.T) {
	m := newShop(t)
	const want = "sent: 7 de high_priority\nsum: 5 <nil>\ninvoice: 9 %PDF\n"
	if out := m.run("go", "run", "."); out != want {
		t.Errorf("the program printed\n%s\nand not\n%s", out, want)
	}
}

// A second run writes nothing, nor would a run with the other loader.
func TestGeneratingTwiceChangesNothing(t *testing.T) {
	m := newShop(t)
	before := m.modified("email/taskqueue_gen.go", "email/taskqueue_msgp.go", "taskqueue_gen.go", "taskqueue_msgp.go", "tasks.lock")
	m.run(tqgen)
	m.run(tqgen, "-check")
	m.run(tqgen, "-check", "-loader=packages")
	if after := m.modified("email/taskqueue_gen.go", "email/taskqueue_msgp.go", "taskqueue_gen.go", "taskqueue_msgp.go", "tasks.lock"); before != after {
		t.Errorf("files were touched: %s, then %s", before, after)
	}
}

// modified says when files were written.
func (m module) modified(names ...string) string {
	m.t.Helper()
	var times []string
	for _, name := range names {
		info, err := os.Stat(filepath.Join(m.dir, filepath.FromSlash(name)))
		if err != nil {
			m.t.Fatal(err)
		}
		times = append(times, info.ModTime().String())
	}
	return strings.Join(times, " ")
}

// A struct that has changed does not compile until tqgen has run; its message
// says so. Changes that break tasks in flight need -accept.
func TestChangedStructsDoNotCompile(t *testing.T) {
	const instruction = "SendWelcome_changed__run_go_tool_tqgen"
	for _, tt := range []struct{ name, old, text, accept string }{
		{"added", "Locale   string", "Locale, Name string", ""},
		{"removed", "\tLocale   string\n", "", "the field Locale of email.SendWelcome is gone"},
		{"retyped", "Customer int64", "Customer int32", "the field Customer of email.SendWelcome had the type int64"},
		{"renamed", "Locale   string", "Language string", "was called Locale"},
		{"tagged", "Locale   string", "Locale string `msg:\"l\"`", "was called Locale"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newShop(t)
			m.replace("email/email.go", tt.old, tt.text)
			m.fails(instruction, "go", "build", "./email")
			if tt.accept == "" {
				m.run(tqgen)
			} else {
				m.fails(tt.accept, tqgen, "./...")
				m.fails(instruction, "go", "build", "./email")
				m.run(tqgen, "-accept")
			}
			m.run("go", "build", "./email")
			m.run(tqgen, "-check")
		})
	}
}

// A task without a handler does not compile.
func TestMissingHandlerDoesNotCompile(t *testing.T) {
	m := newShop(t)
	m.replace("main.go", "func (m *mailer) SendWelcome(", "func (m *mailer) sendWelcome(")
	m.fails("missing method SendWelcome", "go", "build", ".")
}

// A runtime that is older than the tqgen that wrote the code does not compile,
// and the message says what to do.
func TestOldRuntimeDoesNotCompile(t *testing.T) {
	m := newShop(t)
	m.replace("taskqueue_gen.go", "codegen.Protocol1_", "codegen.Protocol9_")
	m.fails("undefined: codegen.Protocol9_if_undefined_run_go_get_u_github_com_tqgen_taskqueue", "go", "build", ".")
}

// What no directive asks for any more is removed.
func TestOrphansAreRemoved(t *testing.T) {
	m := newShop(t)
	m.replace("email/email.go", "//taskqueue:task queue=high_priority retries=5 timeout=30s\n", "")
	m.replace("email/email.go", "//taskqueue:task timeout=2m result=Invoice unique=Order\n", "")
	m.fails("email/taskqueue_gen.go: orphaned", tqgen, "-accept", "-check")
	m.fails(`the task "email.SendWelcome" is gone`, tqgen)
	m.run(tqgen, "-accept")
	for _, name := range []string{"email/taskqueue_gen.go", "email/taskqueue_msgp.go"} {
		if _, err := os.Stat(filepath.Join(m.dir, name)); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
	if lock := m.read("tasks.lock"); strings.Contains(lock, "email.") || !strings.Contains(lock, "main.Add") {
		t.Errorf("tasks.lock:\n%s", lock)
	}
}
