package housetest

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// proofs are folders whose code exists to test and measure other code.
var proofs = regexp.MustCompile(`^(bench|internal/(chaos|ci|codectest|codecsample|e2e|housetest|model|newcomer|redistest|webtest)|runtime/broker/brokertest|runtime/internal/autoscaler/bench)(/|$)`)

// A size is how many lines of Go a folder has, without generated ones.
type size struct{ code, tests int }

// sizes are those of all folders.
func sizes(t *testing.T) map[string]size {
	all := make(map[string]size)
	for _, s := range written(t) {
		n := bytes.Count(s.text, []byte("\n"))
		of := all[s.dir()]
		if s.test() || proofs.MatchString(s.dir()) {
			of.tests += n
		} else {
			of.code += n
		}
		all[s.dir()] = of
	}
	return all
}

const sizesPage = "docs/sizes.md"

// TestSizes: the page tells how long each folder is, one part in ten more or less;
// and there is at least as much code that tests as code that is tested.
func TestSizes(t *testing.T) {
	all := sizes(t)
	var total size
	for dir, of := range all {
		if !strings.HasPrefix(dir, "examples") {
			total = size{total.code + of.code, total.tests + of.tests}
		}
	}
	if total.tests < total.code {
		t.Errorf("%d lines of code and %d that test it", total.code, total.tests)
	}
	if *update {
		if err := os.WriteFile(filepath.Join(root, sizesPage), sizesTable(all, total), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	page, err := os.ReadFile(filepath.Join(root, sizesPage))
	if err != nil {
		t.Fatal(err)
	}
	told := told(t, string(page))
	for _, dir := range slices.Sorted(maps.Keys(all)) {
		if of := all[dir]; !near(told[dir].code, of.code) || !near(told[dir].tests, of.tests) {
			t.Errorf("%s: %s says %d and %d lines, it has %d and %d; run: go generate ./internal/housetest", dir, sizesPage, told[dir].code, told[dir].tests, of.code, of.tests)
		}
	}
	for dir := range told {
		if _, there := all[dir]; !there {
			t.Errorf("%s: %s has a row, and it is gone; run: go generate ./internal/housetest", dir, sizesPage)
		}
	}
}

func sizesTable(all map[string]size, total size) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# How long everything is

Lines of Go, without generated ones, rounded to tens. Tests are files of tests and the
folders that exist to test or measure. Kept true by internal/housetest: %d lines of code
and %d of tests, examples aside.

| folder | code | tests |
|---|--:|--:|
`, tens(total.code), tens(total.tests))
	for _, dir := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "| %s | %d | %d |\n", dir, tens(all[dir].code), tens(all[dir].tests))
	}
	return b.Bytes()
}

// tens rounds to tens, and nothing to nothing.
func tens(n int) int { return (n + 9) / 10 * 10 }

// near allows for a tenth, and for what is little.
func near(told, is int) bool { return max(told-is, is-told) <= max(is/10, 40) }

// told reads the rows of the page.
func told(t *testing.T, page string) map[string]size {
	rows := make(map[string]size)
	for _, row := range regexp.MustCompile(`(?m)^\| (\S+) \| (\d+) \| (\d+) \|$`).FindAllStringSubmatch(page, -1) {
		code, err := strconv.Atoi(row[2])
		if err != nil {
			t.Fatal(err)
		}
		tests, err := strconv.Atoi(row[3])
		if err != nil {
			t.Fatal(err)
		}
		rows[row[1]] = size{code, tests}
	}
	return rows
}
