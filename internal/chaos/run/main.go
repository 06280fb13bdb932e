// Command run plays the chaos suite and writes what it finds as a page. It ends
// with one line of figures, and with 1 if an invariant was broken.
//
//	go run ./internal/chaos/run [-quick] [-only name,name] [-seed n] [-scale n] [-asynq file] [-o file]
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/internal/chaos"
	"github.com/tqgen/taskqueue/internal/chaos/trial"
)

func main() {
	if chaos.IsActor() {
		os.Exit(chaos.Act())
	}
	quick := flag.Bool("quick", false, "short runs: less than four minutes in all")
	only := flag.String("only", "", "names of scenarios, with commas between them")
	seed := flag.Uint64("seed", rand.Uint64N(1_000_000), "of all that is random")
	out := flag.String("o", "", "the page's file; default: none")
	scale := flag.Int("scale", 0, "how much work there is in a scenario; default: 1 if quick, else 3")
	peers := flag.String("asynq", "", "the file with what bench/chaos found; default: none")
	flag.Parse()
	if err := play(*quick, *scale, *only, *seed, *peers, *out); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func play(quick bool, scale int, only string, seed uint64, peers, out string) (err error) {
	report := chaos.Report{Machine: machine(), Quick: quick, Date: time.Now()}
	if peers != "" {
		if report.Asynq, err = chaos.ReadPeers(peers); err != nil {
			return err
		}
	}
	switch {
	case scale == 0 && quick:
		scale = 1
	case scale == 0:
		scale = 3
	}
	for _, c := range chaos.Scenarios() {
		switch asked := slices.Contains(strings.Split(only, ","), c.Name); {
		case only != "" && !asked:
			continue
		case !asked && quick && c.Long, c.Lacks() != "":
			fmt.Printf("    %-20s not run\n", c.Name)
			continue
		}
		report.Results = append(report.Results, run(c, seed, scale))
	}
	if out != "" {
		if err := write(&report, out); err != nil {
			return err
		}
	}
	fmt.Println(report.Summary())
	if !report.OK() {
		return fmt.Errorf("an invariant was broken, see above; the seed is %d", seed)
	}
	return nil
}

// run plays one scenario and prints what is wrong with it.
func run(c chaos.Scenario, seed uint64, scale int) chaos.Result {
	b := trial.New(c.Name)
	r := chaos.Result{Name: c.Name, Does: c.Does, Seed: seed}
	b.Run(func() { r = chaos.Play(b, c, seed, scale, "") })
	r.Failed = r.Failed || b.Failed()
	word := "ok  "
	if !r.OK() {
		word = "FAIL"
	}
	fmt.Printf("%s %-20s %6d tasks %5d again %3d kills  %.1f s  %s\n", word, c.Name, r.Tasks, r.Repeats, r.Kills, r.Took.Seconds(), r.Fact)
	const shown = 20
	for _, f := range r.Findings[:min(len(r.Findings), shown)] {
		fmt.Printf("     %v\n", f)
	}
	if !r.OK() {
		fmt.Print(b.Text())
	}
	return r
}

func write(r *chaos.Report, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := r.Write(file); err != nil {
		return err
	}
	return file.Close()
}
