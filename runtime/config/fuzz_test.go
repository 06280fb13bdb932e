package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzFile: whatever a file holds, there is a config or an error with the name
// of the file; and a config says the same once more through the environment.
func FuzzFile(f *testing.F) {
	for _, text := range []string{
		"[redis]\nurl = 'mem://'\npool_size = 'auto'\n", "[workers]\nqueues = ['a', 'b=2']\nheartbeat_interval = 1.5\n",
		"[queues.a]\ntimeout = '1m'\n", "[autoscaler.scaling_triggers]\nlearning_rate = 0.5\n", "actix.route_prefix = '/t'\n",
		"[[redis]]\n", "a = 1979-05-27\n", "scheduler = {enabled = true}\n",
	} {
		f.Add(text, false)
	}
	for _, text := range []string{"", "redis:\n  url: mem://", "a: *a", "<<: {}", "? x", "queues: {a: {weight: 1}}", "- 1\n- 2"} {
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, yaml bool) {
		name := "f.toml"
		if yaml {
			name = "f.yaml"
		}
		l := newLoader(nil)
		l.readText(name, text)
		for _, p := range l.problems {
			if !strings.HasPrefix(p.Place, name) {
				t.Errorf("no place: %v", p)
			}
		}
		if len(l.problems) == 0 {
			throughEnvironment(t, l.config)
		}
	})
}

// throughEnvironment sets each value of c by its variable and compares.
func throughEnvironment(t *testing.T, c *Config) {
	t.Helper()
	env := map[string]string{}
	for i := range keys {
		k := &keys[i]
		if _, ok := c.sources[k.path]; ok && k.path != "redis.url" {
			env[k.env[0]] = k.value.show(c)
		}
	}
	for i := range c.Queues {
		q := &c.Queues[i]
		for j := range queueKeys {
			k := &queueKeys[j]
			item := q.Name + "=" + k.value.show(q)
			env[k.env[0]] = strings.TrimPrefix(env[k.env[0]]+","+item, ",")
		}
	}
	l := newLoader(env)
	l.readEnvironment()
	if len(l.problems) > 0 {
		t.Fatalf("through the environment: %v", l.problems)
	}
	l.config.Redis.URL = c.Redis.URL
	want, got := c.Settings(), l.config.Settings()
	for _, all := range [][]Setting{want, got} {
		for i := range all {
			all[i].Source = ""
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("through the environment (-file +environment):\n%s", diff)
	}
}
