package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/url"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	roleAll      = "all"
	roleProducer = "producer"
	roleWorker   = "worker"
)

// options are what the command line says.
type options struct {
	root   string
	store  string
	role   string
	verify bool
	faults int
	slots  int
	pause  time.Duration
	lease  time.Duration
	log    bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{store: "mem://"}
	f := flag.NewFlagSet("digest", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.root, "root", "", "digest the .go files under this `directory` (default: GOROOT/src)")
	f.StringVar(&o.store, "redis", o.store, "the store's `URL`")
	f.StringVar(&o.role, "role", roleAll, "all, or producer or worker alone: processes that share a Redis and the files")
	f.BoolVar(&o.verify, "verify", false, "digest every file again without the queue, and compare")
	f.IntVar(&o.faults, "faults", 9, "`number` of faulty copies, one of which stays faulty")
	f.IntVar(&o.slots, "slots", 4*runtime.GOMAXPROCS(0), "`number` of tasks that run at once in a worker")
	f.DurationVar(&o.pause, "pause", 0, "how much longer each task takes: time to pull plugs")
	f.DurationVar(&o.lease, "lease", 12*time.Second, "the tasks of a worker that has vanished run elsewhere after this time")
	f.BoolVar(&o.log, "log", false, "show the worker's log")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return o, err
	} else if err != nil {
		return o, usage("%w", err)
	}
	return o, o.check(f.Args())
}

func (o *options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return usage("unexpected argument %q; see -help", rest[0])
	case o.role != roleAll && o.role != roleProducer && o.role != roleWorker:
		return usage("-role %q: there are all, producer and worker", o.role)
	case o.role != roleAll && strings.HasPrefix(o.store, "mem:"):
		return usage("-role %s needs -redis URL: the memory of this process is no meeting place", o.role)
	case o.faults < 0 || o.faults > 1000:
		return usage("-faults %d is outside 0 to 1000", o.faults)
	case o.pause < 0:
		return usage("-pause %v is negative", o.pause)
	}
	return nil
}

// directory is the root of the tree to digest, as an absolute path that other
// processes understand.
func (o *options) directory(ctx context.Context) (string, error) {
	if o.root != "" {
		return filepath.Abs(o.root)
	}
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	goroot := strings.TrimSpace(string(out))
	if err != nil || goroot == "" {
		return "", usage("the go command does not say where Go's source is (%v); name a tree with -root", err)
	}
	return filepath.Join(goroot, "src"), nil
}

// storeName is the store as it may be shown: without a password.
func (o *options) storeName() string {
	u, err := url.Parse(o.store)
	switch {
	case err != nil:
		return "a store"
	case u.Scheme == "mem":
		return o.store + " (this process' memory: no server)"
	}
	return u.Redacted()
}
