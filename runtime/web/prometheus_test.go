package web

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A metric is one sample as the parser reads it.
type metric struct {
	name   string
	labels map[string]string
	value  float64
}

// parse is a strict reader of the text format: it knows nothing of the writer.
func parse(text string) (samples []metric, types map[string]string, err error) {
	types = map[string]string{}
	helped := map[string]bool{}
	if !strings.HasSuffix(text, "\n") {
		return nil, nil, fmt.Errorf("the last line has no end")
	}
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		fields := strings.SplitN(line, " ", 4)
		switch {
		case strings.HasPrefix(line, "# HELP "):
			if helped[fields[2]] {
				return nil, nil, fmt.Errorf("line %d: a second HELP of %s", i+1, fields[2])
			}
			helped[fields[2]] = true
		case strings.HasPrefix(line, "# TYPE "):
			types[fields[2]] = fields[3]
		default:
			m, err := parseSample(line)
			if err != nil {
				return nil, nil, fmt.Errorf("line %d: %q: %w", i+1, line, err)
			}
			base := m.name
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				if t := strings.TrimSuffix(m.name, suffix); types[t] == "histogram" {
					base = t
				}
			}
			if types[base] == "" || !helped[base] {
				return nil, nil, fmt.Errorf("line %d: %s has no type", i+1, m.name)
			}
			samples = append(samples, m)
		}
	}
	return samples, types, nil
}

func parseSample(line string) (metric, error) {
	m := metric{labels: map[string]string{}}
	n := strings.IndexAny(line, "{ ")
	if n < 1 {
		return m, fmt.Errorf("no name")
	}
	m.name, line = line[:n], line[n:]
	if line[0] == '{' {
		rest, err := parseLabels(line[1:], m.labels)
		if err != nil {
			return m, err
		}
		line = rest
	}
	value, err := strconv.ParseFloat(strings.TrimPrefix(line, " "), 64)
	m.value = value
	return m, err
}

func parseLabels(s string, labels map[string]string) (rest string, err error) {
	for {
		name, after, ok := strings.Cut(s, `="`)
		if !ok || name == "" || labels[name] != "" {
			return "", fmt.Errorf("bad label %q", name)
		}
		var value strings.Builder
		i := 0
		for ; i < len(after) && after[i] != '"'; i++ {
			c := after[i]
			if c == '\\' {
				i++
				unescaped, ok := map[byte]byte{'\\': '\\', '"': '"', 'n': '\n'}[after[i]]
				if !ok {
					return "", fmt.Errorf("bad escape")
				}
				c = unescaped
			}
			value.WriteByte(c)
		}
		labels[name] = value.String()
		switch {
		case strings.HasPrefix(after[i:], `",`):
			s = after[i+2:]
		case strings.HasPrefix(after[i:], `"}`):
			return after[i+2:], nil
		default:
			return "", fmt.Errorf("a label does not end")
		}
	}
}

func TestPrometheus(t *testing.T) {
	f, _ := busy(t, Config{})
	a := f.get("/tasks/metrics/prometheus")
	if a.code != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("%d %s", a.code, a.header.Get("Content-Type"))
	}
	samples, types, err := parse(a.text)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, s := range samples {
		key := s.name
		for _, l := range []string{"queue", "kind", "outcome", "le"} {
			if v, ok := s.labels[l]; ok {
				key += " " + v
			}
		}
		if _, twice := values[key]; twice {
			t.Errorf("%s is there twice", key)
		}
		values[key] = s.value
	}
	for key, want := range map[string]float64{
		"taskqueue_tasks_done_total default":                  3,
		"taskqueue_tasks_dead default":                        1,
		"taskqueue_tasks_active default":                      1,
		"taskqueue_runs_total default test.Note done":         3,
		"taskqueue_runs_total default test.Note dead":         1,
		"taskqueue_run_seconds_count default test.Note":       4,
		"taskqueue_run_seconds_bucket default test.Note +Inf": 4,
		"taskqueue_worker_slots":                              4,
		"taskqueue_worker_busy":                               1,
	} {
		if got, ok := values[key]; !ok || got != want {
			t.Errorf("%s is %v (%v), want %v", key, got, ok, want)
		}
	}
	for name, kind := range types {
		if (kind == "counter") != strings.HasSuffix(name, "_total") {
			t.Errorf("%s is a %s", name, kind)
		}
	}
}

// Buckets are cumulative, and their edges are those that the text says.
func TestPrometheusHistogram(t *testing.T) {
	var metrics taskqueue.Metrics
	times := []time.Duration{time.Microsecond, time.Millisecond, 20 * time.Millisecond, time.Second, 3 * time.Hour}
	for _, d := range times {
		metrics.Observe(taskqueue.Event{Queue: "q", Kind: "k", Outcome: taskqueue.Done, Run: d})
	}
	var b bytes.Buffer
	exposition{&b}.runs("taskqueue", "of this process", metrics.Kinds())
	samples, _, err := parse(b.String())
	if err != nil {
		t.Fatal(err)
	}
	buckets := 0
	for _, s := range samples {
		if s.name != "taskqueue_run_seconds_bucket" {
			continue
		}
		buckets++
		le, err := strconv.ParseFloat(s.labels["le"], 64)
		if err != nil {
			t.Fatal(err)
		}
		want := 0.0
		for _, d := range times {
			if d.Seconds() <= le {
				want++
			}
		}
		if s.value != want {
			t.Errorf("le %v: %v, want %v", le, s.value, want)
		}
	}
	if buckets != 16 {
		t.Errorf("%d buckets", buckets)
	}
}

func FuzzLabels(f *testing.F) {
	for _, s := range []string{"", `a"b`, "a\nb", `\`, `\n`, `",x="y`, "\xff", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var b bytes.Buffer
		x := exposition{&b}
		x.head("m", "gauge", "Help.")
		x.sample("m", math.Inf(1), "a", value, "b", "c")
		samples, _, err := parse(b.String())
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.ValidString(value) {
			value = strings.ToValidUTF8(value, "\uFFFD")
		}
		if diff := cmp.Diff(map[string]string{"a": value, "b": "c"}, samples[0].labels); diff != "" || len(samples) != 1 {
			t.Errorf("labels (-want +got):\n%s", diff)
		}
	})
}
