package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   float64
	}{
		{"one", []float64{3}, 3},
		{"odd, unsorted", []float64{9, 1, 4}, 4},
		{"even", []float64{1, 2, 4, 8}, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := median(test.values); got != test.want {
				t.Errorf("median of %v is %v, want %v", test.values, got, test.want)
			}
		})
	}
}

func TestDigits(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 0.0034567: "0.00346", 0.4567: "0.457", 1.236: "1.24", 97.83: "97.8", 17: "17.0", 123.6: "124", 999.9: "1,000", 1234567.8: "1,234,568", -1234: "-1,234", -123: "-123",
	} {
		if got := digits(x); got != want {
			t.Errorf("%v is written %s, want %s", x, got, want)
		}
	}
}

func TestFigures(t *testing.T) {
	all := samples{}
	add := func(metric string, ours, theirs float64) {
		all.add(metric, "taskqueue", ours)
		all.add(metric, "asynq", theirs)
	}
	add("drain_c10_per_s", 500, 10)
	add("bytes_per_pending", 200, 800)
	all.add("enqueue_batch1000_per_s", "taskqueue", 90)
	all.add("enqueue_16_per_s", "asynq", 30)
	all.add("enqueue_1_per_s", "taskqueue", 7) // no peer: no figure

	got := map[string]float64{}
	for _, f := range figures(all) {
		got[f.title] = f.times
	}
	for title, want := range map[string]float64{"drain, 10 slots": 50, "Redis memory a waiting task": 4, "enqueue, batches of 1,000": 3} {
		if got[title] != want {
			t.Errorf("%s: %v times better, want %v", title, got[title], want)
		}
	}
	if len(got) != 3 {
		t.Errorf("figures %v, want 3", got)
	}
}

// published are the keys that the README's table and later comparisons read.
var published = []string{
	"drain_c10_ratio_asynq", "drain_c100_strict_ratio_asynq", "enqueue_batch1000_ratio_asynq", "enqueue_128_ratio_asynq16",
	"redis_us_per_task", "bytes_per_pending", "latency_p50_ms", "latency_p99_ms", "idle_cmds_per_s",
	"drain_c10_ratio_best_go_peer", "aof_bytes_ratio_asynq", "drain_c10_per_s_taskqueue", "drain_c10_per_s_asynq", "date", "machine", "versions", "samples",
}

func TestReport(t *testing.T) {
	all := samples{}
	for _, m := range metrics {
		all.add(m.ours, "taskqueue", 6)
		all.add(m.peer, "asynq", 3)
	}
	r := &report{Rounds: 1, Tasks: 1000, Samples: all, figures: figures(all)}
	path := filepath.Join(t.TempDir(), "new", "latest.json")
	if err := r.write(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range published {
		if got[key] == nil {
			t.Errorf("no %s in\n%s", key, data)
		}
	}
	if string(got["drain_c10_ratio_asynq"]) != "2.00" || string(got["redis_us_per_task"]) != "6.00" {
		t.Errorf("ratio %s, µs %s", got["drain_c10_ratio_asynq"], got["redis_us_per_task"])
	}
	if table := r.beside(r.figures); strings.Count(table, "\n|") != len(metrics)+1 {
		t.Errorf("lines for %d metrics:\n%s", len(metrics), table)
	}
}

func TestPublish(t *testing.T) {
	all := samples{}
	for i, s := range systems {
		all.add("drain_c10_per_s", s.name, 1000/float64(int(1)<<i))
		all.add("enqueue_16_per_s", s.name, float64(10+i))
	}
	for i, metric := range []string{"backlog_1e4_per_s", "backlog_1e5_per_s"} {
		all.add(metric, "taskqueue", float64(100+i))
	}
	r := &report{Rounds: 1, Tasks: 1000, Samples: all, figures: figures(all)}
	dir := t.TempDir()
	readme := filepath.Join(dir, "README.md")
	if err := r.publish(dir, readme); err == nil {
		t.Error("there is no README")
	}
	if err := os.WriteFile(readme, []byte("before\n"+readmeBegin+"old\n"+readmeEnd+"after\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time finds what the first has written
		if err := r.publish(dir, readme); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before\n" + readmeBegin, "| drain, 10 slots | 1,000 tasks/s | 500 tasks/s | 2.00 |", readmeEnd + "after\n"} {
		if strings.Count(string(text), want) != 1 {
			t.Errorf("%q is not once in\n%s", want, text)
		}
	}
	for _, file := range []string{"latest.md", "drain.svg", "enqueue.svg", "backlog.svg"} {
		if data, err := os.ReadFile(filepath.Join(dir, file)); err != nil || len(data) < 200 {
			t.Errorf("%s: %d bytes, %v", file, len(data), err)
		}
	}
	if name, best := bestPeer(all, "drain_c10_per_s"); name != "asynq" || best != 500 {
		t.Errorf("the best peer is %s with %v", name, best)
	}
}

func TestChart(t *testing.T) {
	for _, test := range []struct {
		name string
		bars []bar
		want string
	}{
		{"linear", []bar{{"a", 10}, {"b", 5}}, `width="190"`},
		{"logarithmic", []bar{{"a", 1000}, {"b", 1}}, "(logarithmic)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := chart("speed", "/s", test.bars); !strings.Contains(got, test.want) {
				t.Errorf("no %q in\n%s", test.want, got)
			}
		})
	}
}
