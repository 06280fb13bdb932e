package chaos

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// A Report is what a run of the suite found.
type Report struct {
	Results []Result
	Machine string
	Quick   bool
	Date    time.Time
	Asynq   map[string]Peer // by scenario
}

// OK reports whether every scenario held.
func (r *Report) OK() bool {
	for i := range r.Results {
		if !r.Results[i].OK() {
			return false
		}
	}
	return len(r.Results) > 0
}

// Summary is the line that a run ends with.
func (r *Report) Summary() string {
	lost, dead, duplicates, recovery := 0, 0, 0, time.Duration(0)
	for _, one := range r.Results {
		lost, dead, duplicates = lost+one.Lost, dead+one.Dead, duplicates+one.Duplicates
		recovery = max(recovery, one.Recovery)
	}
	return fmt.Sprintf("chaos: %d scenarios, %d lost, %d dead without cause, %d unexpected duplicates, %.1f s worst recovery",
		len(r.Results), lost, dead, duplicates, recovery.Seconds())
}

// Write writes the report as a page.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	r.head(&b)
	r.peers(&b)
	r.scenarios(&b)
	r.skipped(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) head(b *strings.Builder) {
	command := "make chaos"
	if r.Quick {
		command += " QUICK=1"
	}
	fmt.Fprintf(b, "# Faults\n\nWritten by `%s` on %s; do not edit.\n\n", command, r.Date.Format("2006-01-02"))
	fmt.Fprintf(b, "%s.\n\n", r.Machine)
	fmt.Fprintf(b, "The lease is %v unless a scenario says otherwise (a worker's default is 12 s), so that\n", lease)
	fmt.Fprintf(b, "a run stays short; what vanished with a worker must run again within the lease and\n1.5 s.\n\n    %s\n\n", r.Summary())
}

// A row of the table of peers. The figures of a study, of asynq and BullMQ, were
// measured with another harness on a machine like this one.
type row struct{ fault, asynq, bullmq, goal, scenario string }

func rows() []row {
	return []row{
		{"kill -9 of workers under load", "0 lost, 10 dead unfinished; again after 103 s, at most 139 s", "4 twice; 52 to 62 s", "0 lost, 0 dead; again within lease + 1.5 s", "kill-workers"},
		{"Redis away 6 s as 20 tasks report", "20 of 20 run twice, 162 s", "0 twice; 1.3 s", "0 twice; at most 1 s", "redis-away"},
		{"3 % of replies lost, 3,000 tasks", "96 to 99 false conflicts, 8 to 11 dead", "42 to 125 twice", "nothing of that", "lost-replies"},
		{"Redis kill -9 ×4, always", "3 twice; about 115 s", "0 twice; 20 s", "0 twice; at most 5 s", "redis-kill-always"},
		{"Redis kill -9 ×4, everysec", "135 twice; about 115 s", "", "0 twice; at most 5 s", "redis-kill-everysec"},
		{"Sentinel fail-over", "40 twice; 117 s", "", "0 twice; detection + 2 s", "sentinel"},
		{"Sentinel fail-over, replica 500 ms behind", "25 lost", "", "0 lost with Durable", "lag-durable"},
		{"Redis full, 4,000 tasks to drain", "357 in 48 s, the rest stays", "drains in 8 s", "drains in 8 s", "full"},
		{"an element that cannot be read, and a killed worker", "crash recovery stops for good", "", "healthy tasks again within lease + 1.5 s; bad ones are dead letters", "poison"},
		{"clocks of workers 75 s behind, 1 h ahead", "30 starts of 10 tasks; tasks 27 min early", "", "10 starts; none early", "clocks"},
		{"late completion during the second run", "takes the live run's state", "0 accepted", "0 accepted", "late-completion"},
		{"SIGTERM with long tasks", "requeued after 8.0 s", "61 s later", "given back within the grace, no attempt spent", "sigterm"},
		{"old and new build on one queue, 500 tasks", "31 dead unrun", "", "0 dead", "two-builds"},
		{"two schedulers, every second, for 20 s", "42 firings", "", "20 firings", "cron"},
		{"1,000,000 tasks due in one second", "promoted in 13.8 s; ping at most 72 ms", "", "faster; ping at most 20 ms", "due-at-once"},
		{"Goexit in a handler", "slot gone for 30 min", "", "slot back at once", "goexit-slot"},
	}
}

func (r *Report) peers(b *strings.Builder) {
	b.WriteString("## Beside the peers\n\nWhat asynq does here was found by the same harness and checker (bench/chaos), on the\nday that is given; the study had a harness of its own.\n\n| Fault | asynq, here | asynq, in the study | BullMQ, in the study | goal | taskqueue | scenario |\n|---|---|---|---|---|---|---|\n")
	for _, row := range rows() {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s |\n",
			row.fault, dash(r.Asynq[row.scenario].String()), dash(row.asynq), dash(row.bullmq), row.goal, r.ours(row.scenario), dash(row.scenario))
	}
	b.WriteString("\n")
}

func dash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// ours is the cell of one row.
func (r *Report) ours(scenario string) string {
	for i := range r.Results {
		if one := &r.Results[i]; one.Name == scenario {
			return one.Cell()
		}
	}
	return "not run, see below"
}

// Cell is what the table of peers says.
func (r *Result) Cell() string {
	parts := []string{fmt.Sprintf("%d lost, %d dead without cause, %d twice without cause", r.Lost, r.Dead, r.Duplicates)}
	if r.Recovery > 0 {
		parts = append(parts, "again within "+seconds(r.Recovery))
	}
	if r.Suspects > 0 {
		parts = append(parts, "those lost twice within "+seconds(r.Suspects))
	}
	if r.Outages > 0 {
		parts = append(parts, "first start after "+seconds(r.Outages))
	}
	if r.Fact != "" {
		parts = append(parts, r.Fact)
	}
	if !r.OK() {
		parts = append(parts, "**FAILED**")
	}
	return strings.Join(parts, "; ")
}

func seconds(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.0f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

func (r *Report) scenarios(b *strings.Builder) {
	b.WriteString("## Scenarios\n\n")
	b.WriteString("\"Again\" counts runs that a fault, a failure or a shutdown explains.\n\n")
	b.WriteString("| Scenario | What happens | seed | tasks | runs | kills | again | lost | dead without cause | twice without cause | worst recovery | took | |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for i := range r.Results {
		one := &r.Results[i]
		recovery := "–"
		if worst := max(one.Recovery, one.Outages); worst > 0 {
			recovery = seconds(worst)
		}
		fmt.Fprintf(b, "| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %s | %.1f s | %s |\n",
			one.Name, one.Does, one.Seed, one.Tasks, one.Runs, one.Kills, one.Repeats, one.Lost, one.Dead, one.Duplicates,
			recovery, one.Took.Seconds(), one.word())
	}
	b.WriteString("\n")
}

func (r *Result) word() string {
	text := "ok"
	if !r.OK() {
		text = fmt.Sprintf("**failed** (%d findings)", len(r.Findings))
	}
	if r.Fact != "" {
		text += "; " + r.Fact
	}
	return text
}

// skipped names what did not run.
func (r *Report) skipped(b *strings.Builder) {
	b.WriteString("## Not run\n\n")
	ran := map[string]bool{}
	for _, one := range r.Results {
		ran[one.Name] = true
	}
	for _, c := range Scenarios() {
		if !ran[c.Name] {
			fmt.Fprintf(b, "- %s (%s): %s\n", c.Name, c.Does, c.why())
		}
	}
	for _, s := range Skipped() {
		fmt.Fprintf(b, "- %s: %s\n", s[0], s[1])
	}
}
