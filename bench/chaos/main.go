// Command chaos puts asynq on the stage of internal/chaos: the same ledgers, the
// same checker, the same faults. What is known of asynq must be among what the
// checker reports; otherwise the checker is at fault, and the command fails.
//
//	go run ./chaos [-quick] [-only name,name] [-seed n] [-o file]
//
// The file collects what was found, by scenario; internal/chaos/run reads it.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/internal/chaos"
	"github.com/tqgen/taskqueue/internal/chaos/trial"
)

func main() {
	if isActor() {
		os.Exit(act())
	}
	quick := flag.Bool("quick", false, "leave out what takes minutes, as asynq's recovery does")
	only := flag.String("only", "", "names of scenarios, with commas between them")
	seed := flag.Uint64("seed", 1, "of all that is random")
	out := flag.String("o", "", "the file that what was found is added to; default: none")
	flag.Parse()
	if err := play(*quick, *only, *seed, *out); err != nil {
		fmt.Fprintln(os.Stderr, "chaos of asynq:", err)
		os.Exit(1)
	}
}

// play runs scenarios: short ones one after the other, those that wait for asynq's
// recovery at once.
func play(quick bool, only string, seed uint64, out string) error {
	found := map[string]chaos.Peer{}
	var mu sync.Mutex
	var errs []error
	one := func(k known) {
		peer, err := run(k, seed)
		mu.Lock()
		defer mu.Unlock()
		found[k.Name], errs = peer, append(errs, err)
	}
	var slow sync.WaitGroup
	for _, k := range scenarios() {
		switch {
		case only != "" && !slices.Contains(strings.Split(only, ","), k.Name), only == "" && quick && k.Long:
		case k.Long:
			slow.Go(func() { one(k) })
		default:
			one(k)
		}
	}
	slow.Wait()
	if out != "" {
		errs = append(errs, save(found, out))
	}
	if len(found) == 0 {
		errs = append(errs, fmt.Errorf("there is no scenario %q", only))
	}
	return errors.Join(errs...)
}

// run plays one scenario. What asynq is known for has to be found.
func run(k known, seed uint64) (chaos.Peer, error) {
	t := trial.New(k.Name)
	r := chaos.Result{Name: k.Name}
	t.Run(func() { r = chaos.Play(t, k.Scenario, seed, 1, "") })
	told := r // without a word on what was found, which stands beside it
	told.Findings, told.Failed = nil, false
	peer := chaos.Peer{Cell: told.Cell(), Date: time.Now().Format(time.DateOnly)}
	for _, f := range r.Findings {
		stays := f.Rule == chaos.RuleStructure || f.Rule == chaos.RuleOnce
		if !slices.Contains(peer.Rules, f.Rule) && !(k.hasty && stays) {
			peer.Rules = append(peer.Rules, f.Rule)
		}
	}
	fmt.Printf("asynq %-20s %6d tasks %4d findings %v  %.1f s\n", k.Name, r.Tasks, len(r.Findings), peer.Rules, r.Took.Seconds())
	for _, rule := range k.rules {
		if !slices.Contains(peer.Rules, rule) {
			return peer, fmt.Errorf("%s: the checker does not report %q, which asynq is known for; it reports %v\n%s", k.Name, rule, r.Findings, t.Text())
		}
	}
	return peer, nil
}

// save adds what was found to a file.
func save(found map[string]chaos.Peer, path string) error {
	all, err := chaos.ReadPeers(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if all == nil {
		all = map[string]chaos.Peer{}
	}
	for name, peer := range found {
		all[name] = peer
	}
	text, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
