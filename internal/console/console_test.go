package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", 5 * time.Microsecond: "5µs", 1500 * time.Microsecond: "1.5ms", 250 * time.Millisecond: "250ms", 90 * time.Second: "1m30s",
		2500 * time.Millisecond: "2.5s", 10 * time.Minute: "10m", time.Hour: "1h", 100 * time.Minute: "1h40m", 47 * time.Hour: "47h",
		80 * time.Hour: "3d", -90 * time.Second: "-1m30s", time.Hour + 29*time.Second: "1h",
	} {
		if got := Span(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := Thousands(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// What others wrote breaks no line and moves no cursor.
func TestTable(t *testing.T) {
	table := Table{Columns: Columns("NAME", ">N")}
	table.Add("é", 10)
	table.Add("a\x1b[2J\nb", Cell{"1", Bad})
	var plain, coloured bytes.Buffer
	if err := errors.Join(table.Print(&plain, false), table.Print(&coloured, true)); err != nil {
		t.Fatal(err)
	}
	if got, want := plain.String(), "NAME      N\né        10\na [2J b   1\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !strings.Contains(coloured.String(), "\x1b[31m1\x1b[0m") {
		t.Errorf("%q", &coloured)
	}
}

func TestRun(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		code int
		text string
	}{
		{"fine", nil, 0, ""},
		{"failed", Fail(errors.New("no luck")), Failed, "tq: no luck\n"},
		{"misuse within a failure", Fail(Misuse(errors.New("no such flag"))), Usage, "tq: no such flag\n"},
		{"of cobra", errors.New("unknown command"), Usage, "tq: unknown command\n"},
		{"said already", &Error{Code: Findings}, Findings, ""},
	} {
		var stderr bytes.Buffer
		p := Process{Name: "tq", Stderr: &stderr}
		if code := p.Run("aborted", func(context.Context) error { return tt.err }); code != tt.code || stderr.String() != tt.text {
			t.Errorf("%s: %d, %q", tt.name, code, &stderr)
		}
	}
}

// The first signal ends the work's context, the second one the program.
func TestSignals(t *testing.T) {
	signals := make(chan os.Signal, 2)
	p := Process{Name: "tq", Stderr: io.Discard, Signals: signals}
	signals <- syscall.SIGTERM
	if code := p.Run("aborted", func(ctx context.Context) error { <-ctx.Done(); return nil }); code != 0 {
		t.Errorf("a drain: %d", code)
	}
	var stderr bytes.Buffer
	p.Stderr = &stderr
	release := make(chan struct{})
	signals <- syscall.SIGTERM
	signals <- syscall.SIGTERM
	if code := p.Run("aborted", func(context.Context) error { <-release; return nil }); code != Interrupted || stderr.String() != "tq: aborted\n" {
		t.Errorf("twice: %d, %q", code, &stderr)
	}
	close(release)
}

// Only what is certain is said early: that a port is closed.
func TestListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "redis://:secret@" + listener.Addr().String() + "/2?prefix=a"
	if err := Listens(t.Context(), url); err != nil {
		t.Errorf("while it listens: %v", err)
	}
	listener.Close()
	if err := Listens(t.Context(), url); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("when it does not: %v", err)
	}
	for _, other := range []string{"mem://", "redis+cluster://" + listener.Addr().String(), "redis://host:port", "redis://no.such.host.invalid"} {
		if err := Listens(t.Context(), other); err != nil {
			t.Errorf("%s: %v", other, err)
		}
	}
}

// Who calls a command wrongly is told how to call it.
func TestCalled(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{Fail(errors.New("no luck")), "no luck"},
		{errors.New("accepts 1 arg(s), received 0"), "accepts 1 arg(s), received 0\nUsage: tq show QUEUE; --help has more"},
		{errors.New("unknown command \"shw\" for \"tq\"\n\nDid you mean this?\n\tshow\n"), "unknown command \"shw\" for \"tq\"\n\nDid you mean this?\n\tshow\n`tq show --help` lists them"},
	} {
		got := ""
		if err := Called(tt.err, "tq show", "tq show QUEUE"); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
		}
	}
}

// What is wrong with a store is told with what to do about it.
func TestNoStore(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for want, err := range map[string]error{
		"redis://***@h refuses connections. Start it":            syscall.ECONNREFUSED,
		"redis://***@h does not accept the user or the password": fmt.Errorf("%w: %w", taskqueue.ErrUnavailable, proto("WRONGPASS invalid")),
		"redis://***@h does not let this user":                   fmt.Errorf("%w: %w", taskqueue.ErrUnavailable, proto("NOPERM this user")),
		"redis://***@h: there is no such host":                   fmt.Errorf("%w: %w", taskqueue.ErrUnavailable, &net.DNSError{Name: "h", IsNotFound: true}),
		"redis://***@h does not answer":                          taskqueue.ErrUnavailable,
	} {
		if got := NoStore(t.Context(), "redis://***@h", err); !strings.HasPrefix(got.Error(), want) {
			t.Errorf("%v: %v, want %s", err, got, want)
		}
		if e, ok := errors.AsType[*Error](NoStore(gone, "redis://***@h", err)); !ok || e.Code != Interrupted {
			t.Errorf("%v, interrupted: %v", err, e)
		}
	}
}

// A proto is an answer of a server.
type proto string

func (p proto) Error() string { return string(p) }

// RedisError implements redis.Error.
func (proto) RedisError() {}
