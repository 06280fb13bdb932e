package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The program serves its dashboard and what that asks for, and ends when told to.
func TestProgram(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "127.0.0.1:0", "mem://", w) }()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	at := strings.TrimSpace(strings.TrimPrefix(line, "dashboard: "))
	if page := fetch(t, at); !strings.Contains(page, `<script type="module" src="assets/app.js">`) {
		t.Errorf("dashboard:\n%s", page)
	}
	for done := 0.0; done < 10; {
		var answer struct {
			Queues []struct{ Done float64 }
		}
		if err := json.Unmarshal([]byte(fetch(t, at+"overview")), &answer); err != nil {
			t.Fatal(err)
		}
		done = 0
		for _, q := range answer.Queues {
			done += q.Done
		}
	}
	if text := fetch(t, at+"metrics/prometheus"); !strings.Contains(text, `taskqueue_run_seconds_count{queue="default",kind="main.Thumbnail"}`) {
		t.Errorf("Prometheus:\n%s", text)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, response.Status, err)
	}
	return string(body)
}
