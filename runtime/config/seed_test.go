package config

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files and what is generated")

// The sample files in the original's guide, unchanged.
func TestSeedBlocksLoad(t *testing.T) {
	for _, name := range []string{"architecture", "autoscaling", "options"} {
		t.Run(name, func(t *testing.T) {
			c, err := Load(Options{File: "testdata/seed-" + name + ".toml", Environ: []string{}})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "seed-"+name+".golden", shown(c))
		})
	}
}

// The variables in the original's guide, with its values.
func TestSeedEnvironment(t *testing.T) {
	c, err := Load(Options{Dir: t.TempDir(), Environ: []string{
		"REDIS_URL=redis://127.0.0.1:6379",
		"REDIS_POOL_SIZE=10",
		"REDIS_CONNECTION_TIMEOUT=30",
		"REDIS_COMMAND_TIMEOUT=30",
		"TASK_QUEUE_WORKERS=4",
		"TASK_QUEUE_AUTO_REGISTER=true",
		"TASK_QUEUE_SCHEDULER=true",
		"TASK_QUEUE_AUTOSCALER_ENABLED=true",
		"TASK_QUEUE_AUTOSCALER_MIN_WORKERS=2",
		"TASK_QUEUE_AUTOSCALER_MAX_WORKERS=20",
		"TASK_QUEUE_ADAPTIVE_THRESHOLDS=true",
		"REDIS_TEST_URL=redis://127.0.0.1:6379/15",
	}})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "seed-environment.golden", shown(c))
}

// shown is what was set, and the warnings.
func shown(c *Config) string {
	var b strings.Builder
	for _, s := range c.Settings() {
		if s.Source != "default" {
			fmt.Fprintf(&b, "%s = %s (%s)\n", s.Key, s.Value, s.Source)
		}
	}
	for _, w := range c.Warnings {
		fmt.Fprintf(&b, "warning: %v\n", w)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
