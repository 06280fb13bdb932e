package tq

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/console"
	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/config"
)

// ask opens the store again and returns all that the doctor finds there.
func (d *desk) ask(args ...string) []finding {
	d.Helper()
	out, stop := d.start(&console.Process{Args: append([]string{"doctor", "-o", "json"}, args...)})
	text := ""
	for out.Scan() {
		text += out.Text()
	}
	err := stop()
	var all []finding
	if json.Unmarshal([]byte(text), &all) != nil {
		d.Fatalf("it prints %q, %v", text, err)
	}
	trouble := false
	for _, f := range all {
		trouble = trouble || f.Level != info
	}
	if e, ok := errors.AsType[*console.Error](err); trouble != (ok && e.Code == console.Findings) {
		d.Errorf("it ends with %v after\n%s", err, text)
	}
	return all
}

// A complaint is a finding that a test waits for.
type complaint struct {
	level     level
	what, fix string // expressions
}

func (c complaint) in(all []finding) bool {
	for _, f := range all {
		if f.Level == c.level && regexp.MustCompile(c.what).MatchString(f.What) && regexp.MustCompile(c.fix).MatchString(f.Fix) {
			return true
		}
	}
	return false
}

// at makes a desk for the server at a URL.
func deskAt(t *testing.T, url string) *desk {
	t.Helper()
	d := &desk{T: t, environ: []string{"REDIS_URL=" + url}}
	settings, err := config.Load(config.Options{Dir: t.TempDir(), Environ: d.environ})
	if err != nil {
		t.Fatal(err)
	}
	if d.client, err = settings.Open(t.Context(), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.client.Close() })
	return d
}

// What servers say of themselves and how they answer: each trouble is told with its
// fix, and is not without the trouble.
func TestDoctorOfServers(t *testing.T) {
	for name, tt := range map[string]struct {
		args    []string
		trouble func(t *testing.T, s *redistest.Server) (url string)
		want    complaint
	}{
		"evicts": {
			args: []string{"--maxmemory", "100mb"}, trouble: set("maxmemory-policy", "allkeys-lru"),
			want: complaint{odd, `it may evict tasks \(maxmemory-policy allkeys-lru\)`, "^set maxmemory-policy noeviction$"},
		},
		"keeps nothing": {
			args: []string{"--appendonly", "yes"}, trouble: set("appendonly", "no"),
			want: complaint{odd, `it keeps no append-only file, so tasks are lost when it crashes`, "^set appendonly yes$"},
		},
		"full": {
			trouble: func(t *testing.T, s *redistest.Server) string {
				used, err := strconv.Atoi(s.Info(t, "memory", "used_memory"))
				if err != nil {
					t.Fatal(err)
				}
				// Room for the connections of the doctor.
				return set("maxmemory", strconv.Itoa(used+used/20))(t, s)
			},
			want: complaint{odd, `its memory is nearly full, and then no task gets in`, "^raise maxmemory, or drain or purge queues$"},
		},
		"a broken disk": {
			trouble: says("rdb_last_bgsave_status:ok", "rdb_last_bgsave_status:err"),
			want:    complaint{odd, `it could not write to its disk`, "^see its log$"},
		},
		"a replica alone": {
			trouble: says("role:master", "role:slave\r\nmaster_link_status:down"),
			want:    complaint{odd, `it is a replica without its master, and takes no task$`, `promote it \(REPLICAOF NO ONE\)`},
		},
		"old": {
			trouble: says("redis_version:", "redis_version:6.2.14\r\nserver_version:"),
			want:    complaint{odd, `is redis 6\.2\.14, which gets no more fixes$`, "^upgrade to Redis 7.2 or newer, or to Valkey$"},
		},
		"another clock": {
			trouble: func(t *testing.T, s *redistest.Server) string {
				ahead := strconv.FormatInt(time.Now().Add(time.Hour).UnixMicro(), 10)
				return says("server_time_usec:", "server_time_usec:"+ahead+"\r\nlocal_time_usec:")(t, s)
			},
			want: complaint{odd, `the clock of .* is (1h|59m\d+s) from the one here$`, "^let NTP set both"},
		},
		"slow": {
			trouble: func(t *testing.T, s *redistest.Server) string {
				lag := redistest.StartLag(t, s.Addr())
				lag.Set(7 * time.Millisecond)
				return "redis://" + lag.Addr()
			},
			want: complaint{odd, `^the store answers within [\d.]+m?s; the longest of 25 answers took [\d.]+m?s$`, "SLOWLOG GET"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t, tt.args...)
			if all := deskAt(t, server.URL()).ask(); name != "slow" && tt.want.in(all) { // a loaded machine is slow
				t.Errorf("it is there without the trouble: %+v", all)
			}
			if all := deskAt(t, tt.trouble(t, server)).ask(); !tt.want.in(all) {
				t.Errorf("no %s %q with the fix %q in\n%+v", tt.want.level, tt.want.what, tt.want.fix, all)
			}
		})
	}
}

// set configures a server.
func set(key, value string) func(*testing.T, *redistest.Server) string {
	return func(t *testing.T, s *redistest.Server) string {
		s.Do(t, "CONFIG", "SET", key, value)
		return s.URL()
	}
}

// says has a server say something else of itself.
func says(old, text string) func(*testing.T, *redistest.Server) string {
	return func(t *testing.T, s *redistest.Server) string {
		proxy := redistest.StartProxy(t, s.Addr())
		proxy.Rewrite(redistest.Command("INFO"), func(info string) string { return strings.ReplaceAll(info, old, text) })
		return proxy.URL()
	}
}

// A server that is too old for the protocol is no store at all.
func TestDoctorOfAnAncientServer(t *testing.T) {
	d := &desk{T: t, environ: []string{"REDIS_URL=" + redistest.StartFake(t, redistest.Version("6.0.16")).URL()}}
	out, stop := d.start(&console.Process{Args: []string{"doctor"}})
	for out.Scan() {
		t.Errorf("it prints %q", out.Text())
	}
	err := stop()
	if e, ok := errors.AsType[*console.Error](err); !ok || e.Code != console.Usage || !strings.Contains(err.Error(), `version "6.0.16", 6.2 or newer is needed`) {
		t.Errorf("%v", err)
	}
}

// What workers tell of themselves: those of other releases, too.
func TestDoctorOfWorkers(t *testing.T) {
	d := newDesk(t)
	store := d.store()
	announce := func(w taskqueue.WorkerInfo, heard time.Duration) {
		t.Helper()
		const lasts = 15 * time.Second
		data, err := json.Marshal(struct {
			taskqueue.WorkerInfo
			Lasts time.Duration `json:"lasts"`
		}{w, lasts})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Put(t.Context(), "workers", broker.Record{Name: w.Name, Data: data, TTL: lasts - heard, If: broker.Any}); err != nil {
			t.Fatal(err)
		}
	}
	late := taskqueue.NewID("mail")
	announce(taskqueue.WorkerInfo{Name: "blue", Host: "alpha", Version: "v1.2.0", Registry: "1", Running: []taskqueue.Running{
		{ID: late, Kind: "email.Send", Queue: "mail", Deadline: time.Now().Add(-time.Minute), Overdue: true},
	}}, 0)
	announce(taskqueue.WorkerInfo{Name: "green", Host: "beta", Version: "v1.2.0", Registry: "2"}, 10*time.Second)
	all := d.ask()
	for _, want := range []complaint{
		{odd, `^worker green on beta was heard of 1\d(\.\d)?s ago$`, "it died, is paused, or cannot reach the store"},
		{bad, fmt.Sprintf(`^task %v \(email.Send\) of worker blue runs on although its time was up 1m\d*s? ago$`, late), "let it return when ctx ends"},
		{info, "^workers of 2 kinds of programs", ""},
	} {
		if !want.in(all) {
			t.Errorf("no %s %q with the fix %q in\n%+v", want.level, want.what, want.fix, all)
		}
	}
	announce(taskqueue.WorkerInfo{Name: "red", Host: "beta", Version: "v1.3.0", Registry: "2"}, 0)
	if want := (complaint{odd, `^workers of several releases: 2 workers of v1\.2\.0, 1 worker of v1\.3\.0$`, "^finish the deploy"}); !want.in(d.ask()) {
		t.Errorf("no %q in\n%+v", want.what, d.ask())
	}
}

// store opens the store of a desk beside its client.
func (d *desk) store() broker.Broker {
	d.Helper()
	settings, err := config.Load(config.Options{Dir: d.TempDir(), Environ: d.environ})
	if err != nil {
		d.Fatal(err)
	}
	store, err := settings.OpenStore(d.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { _ = store.Close() })
	return store
}

// What is wrong with queues.
func TestDoctorOfQueues(t *testing.T) {
	d := newDesk(t)
	d.kill(strconv.Itoa(manyDead), "no credit")
	d.finds(complaint{odd, "^queue mail has 1000 dead letters$", "^tq dlq ls --group --queue mail; then retry or drop them$"})

	d.put("2")
	d.environ = append(d.environ, "TASK_QUEUE_AUTOSCALER_MAX_QUEUE_WAIT_TIME_MS=1")
	backlog := complaint{odd, `^in queue mail the next task waits for .*, and should for no more than 1\.0ms; 2 pending$`, "^add workers or slots"}
	d.finds(backlog)
	if err := d.client.LimitConcurrency(t.Context(), "mail", 1); err != nil {
		t.Fatal(err)
	}
	backlog.fix = `^it has limits \(tq queues show mail\): if they are not why, add workers or slots`
	d.finds(backlog)

	// A worker that is never heard of again.
	session := broker.Session{Worker: "lost", Queue: "mail"}
	grant, err := d.store().Cycle(t.Context(), broker.Cycle{Session: session, Seq: 1, Lease: broker.MinLease, Want: broker.Want{Max: 1}})
	if err != nil || len(grant.Leases) != 1 {
		t.Fatalf("%d leases, %v", len(grant.Leases), err)
	}
	d.finds(complaint{bad, "^queue mail has 1 active task that nobody holds: their workers are gone$", "^start a worker that serves the queue"})
}

// finds asks the doctor until it finds something: that time passes is no event.
func (d *desk) finds(want complaint) {
	d.Helper()
	all := d.ask()
	for late := time.Now().Add(30 * time.Second); !want.in(all); all = d.ask() {
		if time.Now().After(late) {
			d.Fatalf("no %s %q with the fix %q in\n%+v", want.level, want.what, want.fix, all)
		}
	}
}
