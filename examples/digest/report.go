package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
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
		r.addFile(outcomes[path], start)
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

func (r *report) addFile(o outcome, start time.Time) {
	if r.add(o) {
		r.files++
		r.bytes += o.sum.Size
		r.lines += o.sum.Lines
		r.elapsed = max(r.elapsed, o.at.Sub(start))
	}
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
		r.addLetter(letter)
	}
	return nil
}

func (r *report) addLetter(letter taskqueue.Entry) {
	if letter.Message != nil {
		r.retries += int(letter.Message.Attempts) - 1
	}
	r.letters = append(r.letters, letter)
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
	for _, row := range slices.Concat(r.figures(), r.faults(), r.byWorker()) {
		fmt.Fprintf(w, "%s\t%s\n", row[0], row[1])
	}
	return w.Flush()
}

type row [2]string // what, and how much

func (r *report) figures() []row {
	return []row{
		{"files", thousands(r.files) + " of " + thousands(r.total)},
		{"content", megabytes(r.bytes) + ", " + thousands(r.lines) + " lines"},
		{"throughput", r.throughput()},
		{"wait", percentiles(r.waits)},
		{"run", percentiles(r.runs)},
	}
}

func (r *report) throughput() string {
	seconds := max(r.elapsed.Seconds(), 1e-6)
	return fmt.Sprintf("%s files/s, %s/s: all files in %s", thousands(int64(float64(r.files)/seconds)),
		megabytes(int64(float64(r.bytes)/seconds)), short(r.elapsed))
}

func (r *report) faults() []row {
	rows := []row{
		{"retries", strconv.Itoa(r.retries)},
		{"faulty copies", fmt.Sprintf("%d of %d healed", r.healed, r.curable)},
		{"dead letters", strconv.Itoa(len(r.letters))},
	}
	for _, letter := range r.letters {
		rows = append(rows, row{"", describe(letter)})
	}
	return rows
}

func (r *report) byWorker() []row {
	var rows []row
	for _, name := range slices.Sorted(maps.Keys(r.workers)) {
		rows = append(rows, row{"worker", fmt.Sprintf("%s: %s tasks", name, thousands(r.workers[name]))})
	}
	return rows
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
