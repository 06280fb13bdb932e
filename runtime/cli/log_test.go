package cli

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/config"
)

func TestLogFormats(t *testing.T) {
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		format  string
		colours bool
		want    string
	}{
		{"json", true, `{"time":"2026-07-01T12:00:00Z","level":"WARN","msg":"task failed","component":"worker","err":"no \"mail\"","task":{"try":2}}`},
		{"text", true, `time=2026-07-01T12:00:00.000Z level=WARN msg="task failed" component=worker err="no \"mail\"" task.try=2`},
		{"compact", true, `12:00:00 W task failed component=worker err="no \"mail\"" task.try=2`},
		{"pretty", false, `2026-07-01 12:00:00.000 WARN  task failed              component=worker err="no \"mail\"" task.try=2`},
		{"pretty", true, "\x1b[90m12:00:00.000\x1b[0m \x1b[33mWARN \x1b[0m \x1b[1mtask failed             \x1b[0m component=worker err=\"no \\\"mail\\\"\" task.try=2"},
	} {
		var b bytes.Buffer
		l := &logs{settings: config.Log{Levels: "info", Format: tt.format}, out: &b, colours: tt.colours}
		r := slog.NewRecord(noon, slog.LevelWarn, "task failed", 0)
		r.AddAttrs(slog.Any("err", errors.New(`no "mail"`)), slog.Group("task", "try", 2))
		if err := l.of("worker").Handler().Handle(t.Context(), r); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(tt.want+"\n", b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.format, diff)
		}
	}
}

// Each component has its level, in every format.
func TestLogLevels(t *testing.T) {
	for _, format := range []string{"json", "text", "compact", "pretty"} {
		var b bytes.Buffer
		l := &logs{settings: config.Log{Levels: "warn,redis=debug,worker=trace", Format: format}, out: &b}
		for _, component := range []string{"", "redis", "worker", "other"} {
			log := l.of(component)
			log.Debug(component + "-debug")
			log.Info(component + "-info")
			log.Warn(component + "-warn")
		}
		for text, want := range map[string]bool{
			"redis-debug": true, "worker-debug": true, "other-info": false, "other-warn": true, `"-info"`: false, " -info": false,
		} {
			if got := bytes.Contains(b.Bytes(), []byte(text)); got != want {
				t.Errorf("%s: %s is there: %v\n%s", format, text, got, &b)
			}
		}
	}
}

func TestGroupsInLines(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(newLineHandler(&b, slog.LevelInfo, func(b *bytes.Buffer, r *slog.Record) { b.WriteString(r.Message + " ") }))
	log.WithGroup("a").With("msg", 1).Info("hello", "b", 2)
	log.Info("bare")
	if diff := cmp.Diff("hello a.msg=1 a.b=2\nbare\n", b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestColoursByLevel(t *testing.T) {
	var b bytes.Buffer
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		r := slog.NewRecord(time.Time{}, level, "x", 0)
		coloured(&b, &r)
	}
	for _, code := range []string{"\x1b[90mDEBUG", "\x1b[32mINFO", "\x1b[33mWARN", "\x1b[31mERROR"} {
		if !bytes.Contains(b.Bytes(), []byte(code)) {
			t.Errorf("no %q in %q", code, &b)
		}
	}
}
