package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func TestPrecedenceOfSources(t *testing.T) {
	file := write(t, "task-queue.toml", "[workers]\ninitial_count = 3\n")
	o := Options{Flags: map[string]string{"workers": "5"}, Environ: []string{"TASK_QUEUE_WORKERS=4"}, File: file,
		Code: func(c *Config) { c.Workers.InitialCount = 6 }}
	for _, step := range []struct {
		value, source string
		drop          func()
	}{
		{"5", "--workers", func() { o.Flags = nil }},
		{"4", "TASK_QUEUE_WORKERS", func() { o.Environ = nil }},
		{"3", file + ":2", func() { o.File = "" }},
		{"6", "code", func() { o.Code = nil }},
		{"2", "default", func() {}},
	} {
		value, source := valueOf(t, load(t, o), "workers.initial_count")
		if value != step.value || source != step.source {
			t.Errorf("%s from %s, want %s from %s", value, source, step.value, step.source)
		}
		step.drop()
	}
}

// Everything that is wrong is reported at once, with its place.
func TestMistakes(t *testing.T) {
	for _, name := range []string{"mistakes.toml", "mistakes.yaml"} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(Options{
				File: filepath.Join("testdata", name),
				Environ: []string{
					"REDIS_POOL_SIZE=many", "TASK_QUEUE_SCHEDULER=perhaps", "TASK_QUEUE_WORKERS=2", "INITIAL_WORKER_COUNT=3",
					"TASK_QUEUE_QUEUE_RETRIES=emails", "TASK_QUEUE_QUEUE_TIMEOUT=a b=1",
				},
				Flags: map[string]string{"log-level": "loud", "worker": "3", "concurrency": "0"},
				Code: func(c *Config) {
					c.Workers.MaxResultBytes = -1
					c.Queues = []Queue{{Name: "x", Weight: 3}, {Name: "x"}}
				},
			})
			if !errors.Is(err, taskqueue.ErrInvalid) {
				t.Fatalf("%v", err)
			}
			golden(t, name+".golden", err.Error()+"\n")
		})
	}
}

func TestSyntax(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a.toml", "[redis]\nurl = \n", ":2: "},
		{"a.toml", "[redis]\nurl = ''\n", ":2: redis.url: it is empty; use mem://, redis://"},
		{"a.toml", "[web]\nroute_prefix = ''\n", `:2: web.route_prefix: "" is no path`},
		{"a.toml", "[redis]\nurl = 'mem://'\nurl = 'mem://'\n", ":3: "},
		{"a.yaml", "redis:\n  url: 'mem://\n", ":2: "},
		{"a.yaml", "redis:\n  url: mem://\n  url: mem://\n", ":3: "},
		{"a.yaml", "a: &x 1\n", ":1: anchors, aliases and tags are not for configurations; write the value"},
		{"a.yaml", "redis: {}\n---\nredis: {}\n", ":3: a second document; put everything into one"},
		{"a.yaml", "- redis\n", ":1: a list where keys are needed"},
		{"a.yaml", "redis: 1\n", ":1: redis: a whole number was found where a table is needed"},
		{"a.toml", "queues = 1\n", ":1: queues: a whole number was found where tables are needed: [queues.NAME]"},
		{"a.toml", "[queues]\na = 1\n", ":2: queues.a: a whole number was found where a table is needed: [queues.a]"},
		{"a.toml", strings.Repeat("#", maxFileBytes+1), "it has 1048577 bytes, at most 1048576 are allowed"},
	} {
		_, err := Load(Options{File: write(t, tt.name, tt.text), Environ: []string{}})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.40q: %v, want %s", tt.text, err, tt.want)
		}
	}
}

func TestBounds(t *testing.T) {
	for _, tt := range []struct{ variable, value, want string }{
		{"REDIS_URL", "http://localhost", `unknown store "http://"`},
		{"REDIS_URL", "localhost:6379", "it has no scheme"},
		{"REDIS_URL", "redis+tls://localhost", `unknown store "redis+tls://"`},
		{"REDIS_POOL_SIZE", "0", "0 is outside 1 to 1000, or auto"},
		{"REDIS_POOL_SIZE", "1001", "1001 is outside 1 to 1000, or auto"},
		{"REDIS_CONNECTION_TIMEOUT", "0", "0s is outside 1ms to 5m"},
		{"REDIS_COMMAND_TIMEOUT", "301", "5m1s is outside 1ms to 5m"},
		{"TASK_QUEUE_WORKERS", "0", "0 is outside 1 to 1000"},
		{"TASK_QUEUE_WORKERS", "1001", "1001 is outside 1 to 1000"},
		{"TASK_QUEUE_WORKERS", "2.5", `"2.5" is not a whole number`},
		{"TASK_QUEUE_MAX_CONCURRENT_TASKS", "0", "0 is outside 1 to 100000"},
		{"TASK_QUEUE_HEARTBEAT_INTERVAL", "0", "0s is outside 1s to 1h"},
		{"TASK_QUEUE_HEARTBEAT_INTERVAL", "soon", `"soon" is not a duration`},
		{"TASK_QUEUE_HEARTBEAT_INTERVAL", "1e300", "is outside 1s to 1h"},
		{"TASK_QUEUE_SHUTDOWN_GRACE_PERIOD", "301", "5m1s is outside 0s to 5m"},
		{"TASK_QUEUE_QUEUES", "a,b,a=3", `"a" is listed twice`},
		{"TASK_QUEUE_QUEUES", "a=0", "the weight is no number from 1 to 1000"},
		{"TASK_QUEUE_QUEUES", "ä", "queue name"},
		{"TASK_QUEUE_KINDS", "a b", "task kind"},
		{"TASK_QUEUE_PREFETCH", "-1", "-1 is outside 1 to 1000, or adaptive, or none"},
		{"TASK_QUEUE_WORKER_PREFIX", strings.Repeat("a", 101), "it has 101 bytes"},
		{"TASK_QUEUE_SCHEDULER_TICK_INTERVAL", "0", "0s is outside 1s to 1h"},
		{"TASK_QUEUE_SCHEDULER_MAX_TASKS_PER_TICK", "0", "0 is outside 1 to 10000"},
		{"ROUTE_PREFIX", "tasks", "no path"},
		{"ROUTE_PREFIX", "/tasks/", "no path"},
		{"TASK_QUEUE_AUTOSCALER_MIN_WORKERS", "0", "0 is outside 1 to 1000"},
		{"TASK_QUEUE_AUTOSCALER_MIN_WORKERS", "21", "21 is more than autoscaler.max_workers, 20"},
		{"TASK_QUEUE_AUTOSCALER_WORKERS_PER_PROCESS", "21", "21 is more than autoscaler.max_workers, 20"},
		{"TASK_QUEUE_AUTOSCALER_FLEET", "the shop", "use A-Z a-z 0-9"},
		{"TASK_QUEUE_AUTOSCALER_MAX_WORKERS", "1001", "1001 is outside 1 to 1000"},
		{"TASK_QUEUE_AUTOSCALER_SCALE_UP_COUNT", "51", "51 is outside 1 to 50"},
		{"TASK_QUEUE_AUTOSCALER_LEARNING_RATE", "0", "0 is outside above 0, to 1"},
		{"TASK_QUEUE_AUTOSCALER_LEARNING_RATE", "NaN", "NaN is outside above 0, to 1"},
		{"TASK_QUEUE_AUTOSCALER_ERROR_RATE_THRESHOLD", "1.1", "1.1 is outside 0 to 1"},
		{"LOG_LEVEL", "debug,sql=warn", `no component "sql"; there are worker, redis`},
		{"LOG_LEVEL", "debug,warn", `"warn" is no COMPONENT=LEVEL`},
		{"LOG_FORMAT", "xml", `"xml" is none of json, compact, pretty, text`},
		{"LOG_FORMAT", "jsn", "did you mean json?"},
		{"TASK_QUEUE_AUTO_REGISTER", "false", "there is nothing to run"},
		{"TASK_QUEUE_KINDS", "a.A", "it is only for auto_register.enabled = false"},
		{"TASK_QUEUE_CONFIG", "no-such-file.toml", "it cannot be read: no such file"},
	} {
		_, err := Load(Options{Dir: t.TempDir(), Environ: []string{tt.variable + "=" + tt.value}})
		if err == nil || !strings.Contains(err.Error(), tt.want) || !errors.Is(err, taskqueue.ErrInvalid) {
			t.Errorf("%s=%s: %v, want %s", tt.variable, tt.value, err, tt.want)
		}
	}
}

// What the parameters of the URL say, no key may say, too.
func TestURLAndKeysAgree(t *testing.T) {
	url := "REDIS_URL=redis://localhost?pool_size=3&connect_timeout=1s"
	load(t, Options{Environ: []string{url}})
	_, err := Load(Options{Dir: t.TempDir(), Environ: []string{url, "REDIS_POOL_SIZE=5", "REDIS_CONNECTION_TIMEOUT=5", "REDIS_COMMAND_TIMEOUT=5"}})
	want := "the configuration has 2 mistakes\n" +
		"  REDIS_CONNECTION_TIMEOUT: redis.connection_timeout: redis.url has the parameter connect_timeout, too; drop one of them\n" +
		"  REDIS_POOL_SIZE: redis.pool_size: redis.url has the parameter pool_size, too; drop one of them"
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "config"), 0o755); err != nil {
		t.Fatal(err)
	}
	count := 1
	// From the last place to the first: each new file wins over those before.
	for _, name := range slices.Backward(fileNames) {
		count++
		text := fmt.Sprintf("[workers]\ninitial_count = %d\n", count)
		if !strings.HasSuffix(name, ".toml") {
			text = fmt.Sprintf("workers:\n  initial_count: %d\n", count)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		c := load(t, Options{Dir: dir})
		if c.Workers.InitialCount != count || c.File() != path || len(c.Warnings) != count-2 {
			t.Errorf("%s: %d workers from %s, %v", name, c.Workers.InitialCount, c.File(), c.Warnings)
		}
	}
	other := write(t, "x.yaml", "workers: {initial_count: 99}\n")
	if c := load(t, Options{Dir: dir, Environ: []string{"TASK_QUEUE_CONFIG=" + other}}); c.Workers.InitialCount != 99 {
		t.Errorf("TASK_QUEUE_CONFIG: %d workers", c.Workers.InitialCount)
	}
}

func TestUnknownVariables(t *testing.T) {
	c := load(t, Options{Environ: []string{
		"TASK_QUEUE_WORKER=3", "TASK_QUEUE_ELEPHANTS=1", "PATH=/bin", "TASK_QUEUE_WORKERS=",
		"TASK_QUEUE_SERVICE_HOST=10.0.0.1", "TASK_QUEUE_SERVICE_PORT_HTTP=80", "TASK_QUEUE_PORT=tcp://10.0.0.1:80", "TASK_QUEUE_PORT_80_TCP=x",
	}})
	want := []Problem{
		{"TASK_QUEUE_ELEPHANTS", "", "there is no such variable"},
		{"TASK_QUEUE_WORKER", "", "there is no such variable; did you mean TASK_QUEUE_WORKERS?"},
	}
	got := c.Warnings
	if len(got) == 2 && strings.HasPrefix(got[0].Message, want[0].Message) {
		got[0].Message = want[0].Message
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCodeIsCheckedAndShown(t *testing.T) {
	c := load(t, Options{Code: func(c *Config) {
		c.Redis.Prefix = "shop:"
		c.Queues = []Queue{{Name: "emails", Weight: 5, Timeout: time.Minute}}
	}})
	want := "redis.prefix = shop: (code)\nqueues.emails.priority = 0 (code)\nqueues.emails.weight = 5 (code)\n" +
		"queues.emails.retries = 0 (code)\nqueues.emails.timeout = 1m (code)\nqueues.emails.rate_limit = none (code)\n" +
		"queues.emails.concurrency = none (code)\nqueues.emails.max_tasks = none (code)\n"
	got := shown(c)
	if i := strings.Index(got, "warning"); i >= 0 {
		got = got[:i]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnknownKind(t *testing.T) {
	c := load(t, Options{Environ: []string{"TASK_QUEUE_AUTO_REGISTER=false", "TASK_QUEUE_KINDS=email.SendWelcom,email.Bill"}})
	tasks := []taskqueue.Task{{Kind: &taskqueue.Kind{Name: "email.SendWelcome"}}, {Kind: &taskqueue.Kind{Name: "email.Bill"}}, {}}
	_, err := c.WorkerConfig(tasks)
	want := "the configuration has 1 mistake\n" +
		`  TASK_QUEUE_KINDS: workers.kinds: the program has no task "email.SendWelcom"; did you mean email.SendWelcome?; it has email.SendWelcome, email.Bill`
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" || !errors.Is(err, taskqueue.ErrInvalid) {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLongestLease(t *testing.T) {
	c := load(t, Options{Environ: []string{"TASK_QUEUE_HEARTBEAT_INTERVAL=1h", "TASK_QUEUE_SHUTDOWN_GRACE_PERIOD=0"}})
	w, err := c.WorkerConfig(nil)
	if err != nil || w.Lease != time.Hour || w.ShutdownGrace != taskqueue.NoGrace {
		t.Errorf("lease %v, grace %v, %v", w.Lease, w.ShutdownGrace, err)
	}
}

// The defaults are those of the runtime: Load without anything to read changes
// nothing.
func TestDefaultsAreTheRuntimes(t *testing.T) {
	c := load(t, Options{})
	client, err := taskqueue.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	run := taskqueue.Task{Kind: &taskqueue.Kind{Name: "a.A"}, Run: nil}
	w, err := c.WorkerConfig([]taskqueue.Task{run})
	if err != nil {
		t.Fatal(err)
	}
	want := taskqueue.WorkerConfig{
		Tasks: []taskqueue.Task{run}, Concurrency: 10, Lease: 12 * time.Second, ShutdownGrace: 30 * time.Second,
		UnknownKindAge: 24 * time.Hour, MaxResultBytes: 1 << 20, Promote: taskqueue.Promote{Interval: time.Second, Batch: 100},
	}
	ignore := cmp.Comparer(func(a, b taskqueue.Task) bool { return a.Kind == b.Kind })
	onFinish := cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "OnFinish" || p.String() == "Logger" }, cmp.Ignore())
	if diff := cmp.Diff(want, w, ignore, onFinish); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(c.Warnings) > 0 || c.File() != "" || c.Redis.URL != "redis://127.0.0.1:6379" {
		t.Errorf("%+v", c)
	}
}

// Open uses the URL, the prefix and the queues.
func TestOpenRedis(t *testing.T) {
	server, prefix := redistest.Shared(t)
	c := load(t, Options{Environ: []string{"REDIS_URL=" + server.URL(), "REDIS_PREFIX=" + prefix + ":", "TASK_QUEUE_QUEUE_RETRIES=emails=9"}})
	client, err := c.Open(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if q, known := client.QueueTable().Get("emails"); !known || q.Retries != 9 {
		t.Errorf("emails: %+v", q)
	}
	if found := server.Do(t, "KEYS", prefix+":*"); len(found.Items) == 0 {
		t.Errorf("no key begins with %s", prefix)
	}
}

func TestOpenFails(t *testing.T) {
	c := load(t, Options{Environ: []string{"REDIS_URL=redis://:secret@127.0.0.1:1", "REDIS_CONNECTION_TIMEOUT=20ms"}})
	began := time.Now()
	_, err := c.Open(t.Context(), nil)
	if !errors.Is(err, taskqueue.ErrUnavailable) || strings.Contains(fmt.Sprint(err), "secret") {
		t.Errorf("%v", err)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("it took %v: the connection timeout is ignored", took)
	}
}
