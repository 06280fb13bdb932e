package tq

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/tqgen/taskqueue/internal/console"
	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/config"
)

// A desk is a process of tq in this one, and a client of the same store.
type desk struct {
	*testing.T
	environ []string
	client  *taskqueue.Client
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	server, prefix := redistest.Shared(t)
	d := &desk{T: t, environ: []string{"REDIS_URL=" + server.URL(), "REDIS_PREFIX=" + prefix + ":"}}
	settings, err := config.Load(config.Options{Dir: t.TempDir(), Environ: d.environ})
	if err != nil {
		t.Fatal(err)
	}
	if d.client, err = settings.Open(t.Context(), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.client.Close() })
	return d
}

// put enqueues tasks.
func (d *desk) put(n string) {
	d.Helper()
	if err := put(d.Context(), d.client, io.Discard, n, "email.Send"); err != nil {
		d.Fatal(err)
	}
}

// kill makes dead letters.
func (d *desk) kill(n, reason string) {
	d.Helper()
	if err := kill(d.Context(), d.client, io.Discard, n, "sms.Send", reason); err != nil {
		d.Fatal(err)
	}
}

// A bell rings when something is written for the first time.
type bell chan struct{}

// Write implements io.Writer.
func (b bell) Write(p []byte) (int, error) {
	select {
	case b <- struct{}{}:
	default:
	}
	return len(p), nil
}

// start runs tq until stop is called, which returns its error.
func (d *desk) start(p *console.Process) (stdout *bufio.Scanner, stop func() error) {
	d.Helper()
	r, w := io.Pipe()
	p.Name, p.Environ, p.Stdout = "tq", d.environ, w
	if p.Stderr == nil {
		p.Stderr = io.Discard
	}
	ctx, cancel := context.WithCancel(d.Context())
	done := make(chan error, 1)
	go func() {
		err := (&app{process: p}).execute(ctx)
		w.CloseWithError(io.EOF)
		done <- err
	}()
	return bufio.NewScanner(r), func() error {
		cancel()
		_, _ = io.Copy(io.Discard, r)
		return <-done
	}
}

func TestTail(t *testing.T) {
	d := newDesk(t)
	d.put("1")
	follows := make(bell, 1)
	out, stop := d.start(&console.Process{Args: []string{"tail", "--every", "100ms"}, Stderr: follows})
	<-follows
	d.kill("2", "no credit")
	died := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d mail: dead [0-9a-f-]+ sms.Send after 1 attempt: no credit$`)
	text := ""
	for len(died.FindAllString(text, -1)) < 2 && out.Scan() {
		text += out.Text() + "\n"
	}
	if !regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d mail: .*[12] dead; \d+ pending, \d+ active$`).MatchString(text) {
		t.Errorf("no line about the queue in\n%s", text)
	}
	if err := stop(); err != nil {
		t.Errorf("at the end: %v", err)
	}
}

func TestTailForPrograms(t *testing.T) {
	d := newDesk(t)
	d.put("1")
	follows := make(bell, 1)
	out, stop := d.start(&console.Process{Args: []string{"tail", "--every", "100ms", "-o", "json", "--queue", "mail"}, Stderr: follows})
	<-follows
	d.kill("1", "no credit")
	for out.Scan() {
		var v tailView
		if err := json.Unmarshal(out.Bytes(), &v); err != nil || v.Queue != "mail" {
			t.Fatalf("%q: %v", out.Text(), err)
		}
		if v.Dead != nil {
			if v.Dead.Reason != "no credit" || v.Dead.Kind != "sms.Send" {
				t.Errorf("%+v", v.Dead)
			}
			break
		}
	}
	if err := stop(); err != nil {
		t.Errorf("at the end: %v", err)
	}
}

// On a terminal tq asks before it destroys.
func TestAsks(t *testing.T) {
	d := newDesk(t)
	d.put("2")
	for _, tt := range []struct{ answer, want string }{
		{"n\n", "nothing was done"}, {"\n", "nothing was done"}, {"yes\n", "2 tasks dropped"},
	} {
		out, stop := d.start(&console.Process{
			Args: []string{"queues", "purge", "mail"}, Stdin: strings.NewReader(tt.answer), InTerminal: true, Terminal: true,
		})
		text := ""
		for out.Scan() {
			text += out.Text() + "\n"
		}
		if err := stop(); err != nil || !strings.Contains(text, "This will drop 2 pending tasks of queue mail, for good. Go on? [y/N] ") || !strings.Contains(text, tt.want) {
			t.Errorf("%q: %v\n%s", tt.answer, err, text)
		}
	}
}

// Colours are for terminals, and not for those who do not want them.
func TestColours(t *testing.T) {
	for _, tt := range []struct {
		process console.Process
		want    bool
	}{
		{console.Process{Terminal: true}, true},
		{console.Process{}, false},
		{console.Process{Terminal: true, Environ: []string{"NO_COLOR=1"}}, false},
		{console.Process{Terminal: true, Environ: []string{"NO_COLOR="}}, true},
		{console.Process{Terminal: true, Environ: []string{"TERM=dumb"}}, false},
	} {
		if got := tt.process.Colours(); got != tt.want {
			t.Errorf("%+v: %v", tt.process, got)
		}
	}
	d := newDesk(t)
	d.put("1")
	out, stop := d.start(&console.Process{Args: []string{"queues", "ls"}, Terminal: true})
	if !out.Scan() || !strings.Contains(out.Text(), "\x1b[90mQUEUE\x1b[0m") {
		t.Errorf("%q", out.Text())
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
