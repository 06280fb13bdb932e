package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A report sums up a run of the producer.
type report struct {
	elapsed time.Duration // until the last result of a file that is not a faulty copy
	files   int           // digested, of total
	total   int
	lines   int64
	bytes   int64
	waits   []time.Duration
	runs    []time.Duration
	workers map[string]int
	retries int
	healed  int // of the faulty copies, of curable
	curable int
	letters []taskqueue.Entry
}

// newReport books every outcome. The letters are read from the store, as an
// operator would read them.
func newReport(ctx context.Context, client *taskqueue.Client, start time.Time, paths []string, faulty *faults, outcomes map[string]outcome) (*report, error) {
	r := &report{total: len(paths), curable: len(faulty.curable()), workers: map[string]int{}}
	for _, path := range paths {
		if o := outcomes[path]; r.add(o) {
			r.files++
			r.bytes += o.sum.Size
			r.lines += o.sum.Lines
			r.elapsed = max(r.elapsed, o.at.Sub(start))
		}
	}
	for _, path := range faulty.paths() {
		if r.add(outcomes[path]) {
			r.healed++
		}
	}
	slices.Sort(r.waits)
	slices.Sort(r.runs)
	return r, r.readLetters(ctx, client, outcomes)
}

func (r *report) readLetters(ctx context.Context, client *taskqueue.Client, outcomes map[string]outcome) error {
	for _, o := range outcomes {
		if o.sum != nil {
			continue
		}
		letter, err := client.Find(ctx, o.id)
		if err != nil {
			return err
		}
		if letter.Message != nil {
			r.retries += int(letter.Message.Attempts) - 1
		}
		r.letters = append(r.letters, letter)
	}
	return nil
}

// add reports whether the outcome is a result.
func (r *report) add(o outcome) bool {
	if o.sum == nil {
		return false
	}
	r.waits = append(r.waits, o.sum.Wait)
	r.runs = append(r.runs, o.sum.Run)
	r.workers[o.sum.Worker]++
	r.retries += o.sum.Attempt - 1
	return true
}

// write prints the table.
func (r *report) write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	seconds := max(r.elapsed.Seconds(), 1e-6)
	row("files", "%s of %s", thousands(int64(r.files)), thousands(int64(r.total)))
	row("content", "%s, %s lines", megabytes(r.bytes), thousands(r.lines))
	row("throughput", "%s files/s, %s/s: all files in %s", thousands(int64(float64(r.files)/seconds)),
		megabytes(int64(float64(r.bytes)/seconds)), short(r.elapsed))
	row("wait", "%s", percentiles(r.waits))
	row("run", "%s", percentiles(r.runs))
	row("retries", "%d", r.retries)
	row("faulty copies", "%d of %d healed", r.healed, r.curable)
	row("dead letters", "%d", len(r.letters))
	for _, letter := range r.letters {
		row("", "%s", describe(letter))
	}
	for _, name := range sortedKeys(r.workers) {
		row("worker", "%s: %s tasks", name, thousands(int64(r.workers[name])))
	}
	return w.Flush()
}

// judge says whether everything came as planned: each file digested, each copy
// healed but for the one that stays faulty.
func (r *report) judge(faults int) error {
	letters := min(faults, 1)
	if r.files != r.total || r.healed != r.curable || len(r.letters) != letters {
		return fmt.Errorf("%d of %d files digested, %d of %d faulty copies healed, %d dead letters instead of %d",
			r.files, r.total, r.healed, r.curable, len(r.letters), letters)
	}
	return nil
}

// describe shows that a dead letter keeps what it was and why it died.
func describe(letter taskqueue.Entry) string {
	s := fmt.Sprintf("%v is %v", letter.ID, letter.State)
	if m := letter.Message; m != nil {
		s = fmt.Sprintf("%s after %d runs (%s, %d bytes of payload)", s, m.Attempts, m.Kind, len(m.Payload))
	}
	return s + ": " + letter.Reason
}

// percentiles of sorted durations, by nearest rank.
func percentiles(sorted []time.Duration) string {
	if len(sorted) == 0 {
		return "nothing was run"
	}
	at := func(percent int) string { return short(sorted[(len(sorted)*percent+99)/100-1]) }
	return fmt.Sprintf("p50 %s, p95 %s, p99 %s", at(50), at(95), at(99))
}

func sortedKeys(m map[string]int) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
