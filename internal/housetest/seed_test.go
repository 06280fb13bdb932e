package housetest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const seedDoc = "docs/seed.md"

// A row maps a part of the seed to ours.
type row struct {
	line              int
	seed, ours, proof string
}

// here, decided and toCome are the three things a row can say.
func (r row) toCome() bool  { return strings.Contains(r.ours+r.proof, "to come: ") }
func (r row) decided() bool { return !r.toCome() && strings.HasPrefix(r.ours, "decision: ") }
func (r row) here() bool    { return !r.toCome() && !r.decided() }

var (
	quoted = regexp.MustCompile("`([^`]+)`")
	future = regexp.MustCompile(`to come: (\w+)`)
	legend = regexp.MustCompile(`(?m)^- \*\*(\w+)\*\*: `)
	totals = regexp.MustCompile(`(?m)^\*\*\d+ rows: .*\*\*$`)
)

func readSeedDoc(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, seedDoc))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rows reads the tables of a document; each has the head | Seed | Ours | Proof |.
func rows(text string) ([]row, error) {
	var all []row
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || line == "| Seed | Ours | Proof |" {
			continue
		}
		cells := strings.Split(strings.ReplaceAll(line, `\|`, "¦"), "|")
		if len(cells) != 5 {
			return nil, fmt.Errorf("%s:%d: %d cells, want 3: Seed, Ours, Proof", seedDoc, i+1, len(cells)-2)
		}
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
		}
		all = append(all, row{i + 1, cells[1], cells[2], cells[3]})
	}
	return all, nil
}

// TestSeedNamesExist fails on every name in the columns Ours and Proof that the
// tree does not have, and on rows that promise without a proof.
func TestSeedNamesExist(t *testing.T) {
	text := readSeedDoc(t)
	all, err := rows(text)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 400 {
		t.Errorf("only %d rows: the seed has more parts", len(all))
	}
	known := map[string]bool{}
	for _, m := range legend.FindAllStringSubmatch(text, -1) {
		known[m[1]] = true
	}
	x := newIndex(t)
	for _, r := range all {
		for _, problem := range r.problems(x, known) {
			t.Errorf("%s:%d: %s: %s", seedDoc, r.line, r.seed, problem)
		}
	}
}

func (r row) problems(x *index, known map[string]bool) []string {
	var found []string
	for _, cell := range []string{r.ours, r.proof} {
		for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
			if err := x.resolve(m[1]); err != nil {
				found = append(found, err.Error())
			}
		}
		for _, m := range future.FindAllStringSubmatch(cell, -1) {
			if !known[m[1]] {
				found = append(found, fmt.Sprintf("to come from %q, which the legend does not name", m[1]))
			}
		}
	}
	if r.seed == "" {
		found = append(found, "the first cell is empty")
	}
	if r.here() && (!quoted.MatchString(r.ours) || !quoted.MatchString(r.proof)) {
		found = append(found, "a row that is here names a symbol and a proof")
	}
	return found
}

// TestSeedTotals holds the count at the head of the document.
func TestSeedTotals(t *testing.T) {
	text := readSeedDoc(t)
	all, err := rows(text)
	if err != nil {
		t.Fatal(err)
	}
	here, decided, toCome := 0, 0, 0
	for _, r := range all {
		switch {
		case r.here():
			here++
		case r.decided():
			decided++
		default:
			toCome++
		}
	}
	line := fmt.Sprintf("**%d rows: %d here, %d decided otherwise, %d to come.**", len(all), here, decided, toCome)
	t.Log(line)
	if !totals.MatchString(text) {
		t.Fatalf("%s has no line of totals like %s", seedDoc, line)
	}
	compare(t, seedDoc, []byte(totals.ReplaceAllLiteralString(text, line)))
}

// The check is only worth something if it sees.
func TestSeedCheckSees(t *testing.T) {
	x := newIndex(t)
	known := map[string]bool{"web": true}
	for _, tt := range []struct{ row, want string }{
		{"| a | `taskqueue.Client.Enqueue` | `TestSeedCheckSees` |", ""},
		{"| a | `broker.Queue.Cycle`, `broker.Lease.Claim` | `make test` |", ""},
		{"| a | `taskqueue.Client.Nonsense` | `TestSeedCheckSees` |", "no exported symbol taskqueue.Client.Nonsense"},
		{"| a | `Makefile` | `TestNoSuchTest` |", "no test TestNoSuchTest"},
		{"| a | `Makefile` | `TestInstallRedis/root, dnf with valkey only` |", ""},
		{"| a | `Makefile` | `TestInstallRedis/no such case` |", `TestInstallRedis has no case "no such case"`},
		{"| a | `no/such/file` | `make test` |", `neither a test, an exported symbol nor a path: "no/such/file"`},
		{"| a | `Makefile` | `make nonsense` |", `the Makefile has no target "nonsense"`},
		{"| a | `nonsense=` | `make test` |", `gen does not know the key "nonsense"`},
		{"| a | `brokertest: nonsense` | `make test` |", `brokertest has no case "nonsense"`},
		{"| a | words | `make test` |", "a row that is here names a symbol and a proof"},
		{"| a | decision: no, because | |", ""},
		{"| a | to come: web (the page) | |", ""},
		{"| a | to come: nobody | |", `to come from "nobody", which the legend does not name`},
	} {
		parsed, err := rows(tt.row)
		if err != nil || len(parsed) != 1 {
			t.Fatalf("%s: %v, %v", tt.row, parsed, err)
		}
		if diff := cmp.Diff(tt.want, strings.Join(parsed[0].problems(x, known), "; ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.row, diff)
		}
	}
	if _, err := rows("| a | b |"); err == nil {
		t.Error("a row of two cells was read")
	}
}
