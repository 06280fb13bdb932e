package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/tqgen/taskqueue/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRelease: each invoice runs once, by a worker that understands it.
func TestRelease(t *testing.T) {
	server := redistest.Start(t)
	var out lines
	if err := run(t.Context(), server.URL(), "old", &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	t.Log("\n" + out.String())
	for number := 1; number <= 9; number++ {
		ran := regexp.MustCompile(fmt.Sprintf(`(\w+) worker: invoice %d over (.*), attempt 1\n`, number)).FindAllStringSubmatch(out.String(), -1)
		want := []string{"old", fmt.Sprint(100 * number)}
		switch {
		case number > 6:
			want = []string{"new", fmt.Sprintf("%d.00 CHF", number)}
		case number > 3:
			want = []string{"new", fmt.Sprintf("%d.00 EUR", number)}
		}
		if len(ran) != 1 || ran[0][1] != want[0] || ran[0][2] != want[1] {
			t.Errorf("invoice %d: %q, want one of %q", number, ran, want)
		}
	}
}

// lines take the output of several processes.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.ToValidUTF8(l.b.String(), "?")
}
