package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// markdown is the report as tables.
func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d CPUs, %s, load %s; Redis %s, %s, asynq %s; %s; medians of %d rounds, %s tasks of %d bytes\n\n",
		r.Machine.CPU, r.Machine.CPUs, r.Machine.System, cmp.Or(r.Machine.Load, "unknown"), r.Versions["redis"], r.Versions["go"], r.Versions["asynq"],
		r.Date, r.Rounds, digits(float64(r.Tasks)), r.PayloadBytes)
	b.WriteString(r.beside(r.figures))
	b.WriteString(r.others())
	b.WriteString(r.alone())
	return b.String()
}

// beside is ours and asynq's.
func (r *report) beside(list []figure) string {
	var b strings.Builder
	b.WriteString("| | taskqueue | asynq | times better | |\n|---|--:|--:|--:|---|\n")
	for _, f := range list {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", f.title, amount(f.us, f.unit), amount(f.them, f.unit), times(f.times), f.note)
	}
	return b.String()
}

// wide are the metrics for which there are figures of more systems.
var wide = []string{
	"enqueue_1_per_s", "enqueue_16_per_s", "enqueue_batch1000_per_s", "drain_c10_per_s", "drain_c100_per_s", "drain_c10_redis_us_per_task",
	"bytes_per_pending", "latency_p50_ms", "latency_p99_ms",
}

// others is a table of all systems; nothing if there are two.
func (r *report) others() string {
	names := r.names()
	if len(names) <= rivals {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n| all systems | %s |\n|---|%s\n", strings.Join(names, " | "), strings.Repeat("--:|", len(names)))
	for _, metric := range wide {
		fmt.Fprintf(&b, "| %s", metric)
		for _, name := range names {
			value := "–"
			if values := r.Samples[metric][name]; len(values) > 0 {
				value = digits(median(values))
			}
			fmt.Fprintf(&b, " | %s", value)
		}
		b.WriteString(" |\n")
	}
	return b.String()
}

// names are the systems of which there is a figure, ours first.
func (r *report) names() (names []string) {
	for _, s := range append(slices.Clone(systems), system{name: "bullmq"}) {
		for _, metric := range wide {
			if len(r.Samples[metric][s.name]) > 0 {
				names = append(names, s.name)
				break
			}
		}
	}
	return names
}

// alone is a table of what only our side was measured for.
func (r *report) alone() string {
	var b strings.Builder
	for _, metric := range sortedKeys(r.Samples) {
		values := r.Samples[metric]
		if ours := values[systems[0].name]; len(ours) > 0 && len(values) == 1 {
			fmt.Fprintf(&b, "| %s | %s |\n", metric, digits(median(ours)))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n| taskqueue alone | |\n|---|--:|\n" + b.String()
}

// What the README shows.
var shown = []string{
	"drain, 10 slots", "drain, 100 slots, no prefetch", "enqueue, batches of 1,000", "enqueue, 128 callers", "enqueue, one caller",
	"Redis CPU a task drained, 10 slots", "Redis memory a waiting task", "AOF written a task, from enqueue to done",
	"latency at 100/s, p50", "latency at 100/s, p99", "Redis commands of an idle worker",
}

// readme is the table between the marks in the README.
func (r *report) readme() string {
	var list []figure
	for _, f := range r.figures {
		if slices.Contains(shown, f.title) {
			list = append(list, f)
		}
	}
	text := fmt.Sprintf("Beside asynq %s in one run (`make bench`: %d CPUs of an %s, load %s before it; Redis %s, %s, %s;\n%s tasks of %d bytes, medians of %d rounds):\n\n",
		strings.TrimPrefix(r.Versions["asynq"], "v"), r.Machine.CPUs, r.Machine.CPU, cmp.Or(r.Machine.Load, "unknown"), r.Versions["redis"], strings.Replace(r.Versions["go"], "go", "Go ", 1), r.Date,
		digits(float64(r.Tasks)), r.PayloadBytes, r.Rounds)
	text += r.beside(list)
	if name, best := bestPeer(r.Samples, "drain_c10_per_s"); name != "" && name != systems[1].name {
		text += fmt.Sprintf("\nThe fastest other queue in Go that took part, %s, drains %s tasks/s with 10 slots.\n", name, digits(best))
	}
	return text
}

const (
	readmeBegin = "<!-- begin: bench; written by make bench -->\n"
	readmeEnd   = "<!-- end: bench -->\n"
)

// publish writes the tables and charts beside the figures, and the README's table.
func (r *report) publish(dir, readme string) error {
	if err := os.WriteFile(filepath.Join(dir, "latest.md"), []byte(r.markdown()), 0o644); err != nil {
		return err
	}
	for name, chart := range r.charts() {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(chart), 0o644); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(text), readmeBegin)
	_, after, closed := strings.Cut(rest, readmeEnd)
	if !found || !closed {
		return fmt.Errorf("%s: the marks %q and %q are missing", readme, strings.TrimSpace(readmeBegin), strings.TrimSpace(readmeEnd))
	}
	return os.WriteFile(readme, []byte(before+readmeBegin+r.readme()+readmeEnd+after), 0o644)
}
