package encrypt

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tinylib/msgp/msgp"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
	"github.com/tqgen/taskqueue/runtime/broker/redisbroker"
)

func TestMain(m *testing.M) { os.Exit(redistest.Main(m)) }

func key(name string) Key { return Key{name, bytes.Repeat([]byte(name[:1]), KeySize)} }

func keys(t testing.TB, names ...string) *Keys {
	t.Helper()
	all := make([]Key, len(names))
	for i, name := range names {
		all[i] = key(name)
	}
	k, err := NewKeys(all...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A letter is a task by hand: what tqgen writes for a struct with one string.
type letter struct{ text string }

func (l letter) MarshalMsg(b []byte) ([]byte, error) { return msgp.AppendString(b, l.text), nil }

var letterKind = &taskqueue.Kind{Name: "test.Letter", Settings: taskqueue.Settings{
	Retention: time.Hour, Retries: 1, Backoff: taskqueue.Backoff{Intervals: []time.Duration{time.Millisecond}},
}}

var quiet = slog.New(slog.DiscardHandler)

// work runs letters: the first run of each fails, one that says so always.
func work(ctx context.Context, client *taskqueue.Client) error {
	run := func(ctx context.Context, payload, dst []byte) ([]byte, error) {
		text, _, err := msgp.ReadStringBytes(payload)
		switch {
		case err != nil:
			return dst, taskqueue.Permanent(err)
		case taskqueue.Info(ctx).Attempt == 1 || strings.HasPrefix(text, "never"):
			return dst, errors.New("not yet")
		}
		return msgp.AppendString(dst, "read "+text), nil
	}
	w, err := taskqueue.NewWorker(client, taskqueue.WorkerConfig{Tasks: []taskqueue.Task{{Kind: letterKind, Run: run}}, Logger: quiet})
	if err != nil {
		return err
	}
	return w.Run(ctx)
}

// TestRedisHoldsNoPlaintext: tasks wait, fail, come again, die and leave results,
// and nothing that was ever written to Redis has the secret. Without the keys it is
// there: the test would see it.
func TestRedisHoldsNoPlaintext(t *testing.T) {
	const secret = "hunter2 is the password"
	for _, tt := range []struct {
		name   string
		config Config
		hidden bool
	}{
		{"sealed", Config{Keys: keys(t, "a")}, true},
		{"of another kind", Config{Keys: keys(t, "a"), Kinds: []string{"test.Other"}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
			store, err := redisbroker.Open(t.Context(), server.URL(), redisbroker.Config{Logger: quiet})
			if err != nil {
				t.Fatal(err)
			}
			client, err := taskqueue.NewClient(New(store, tt.config), taskqueue.ClientConfig{})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			live(t, client, secret)
			written := readAll(t, server.Do(t, "CONFIG", "GET", "dir").Strings()[1])
			if found := bytes.Contains(written, []byte(secret)); found == tt.hidden {
				t.Errorf("the secret is in Redis: %v", found)
			}
		})
	}
}

// live takes a letter through its whole life, and leaves one dead and one that
// waits.
func live(t *testing.T, client *taskqueue.Client, secret string) {
	t.Helper()
	job := func(text string, options ...taskqueue.Option) taskqueue.Job {
		return taskqueue.NewJob(letterKind, letter{text}, options...)
	}
	ids, err := client.EnqueueAll(t.Context(), job(secret), job("never "+secret), job(secret, taskqueue.In(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- work(ctx, client) }()
	decode := func(b []byte) (string, error) {
		text, _, err := msgp.ReadStringBytes(b)
		return text, err
	}
	got, err := taskqueue.NewFuture(client, ids[0], decode).Get(t.Context())
	if got != "read "+secret || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := taskqueue.NewFuture(client, ids[1], decode).Get(t.Context()); err == nil {
		t.Error("the second letter was read")
	}
	stop()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func readAll(t *testing.T, dir string) (all []byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all = append(all, text...)
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d bytes, %v", len(all), err)
	}
	return all
}

// TestRotation: what the old key has sealed opens while it is there, and what does
// not open is still there when the key is.
func TestRotation(t *testing.T) {
	store := membroker.New(membroker.Config{})
	defer store.Close()
	with := func(names ...string) *Store { return New(store, Config{Keys: keys(t, names...), Logger: quiet}) }
	m := broker.Message{ID: broker.NewID("q", time.Now()), Queue: "q", Kind: "test.Letter", Max: 1, Payload: []byte("secret")}
	if receipts, err := with("old").Enqueue(t.Context(), []broker.Message{m}); receipts != nil || err != nil {
		t.Fatal(receipts, err)
	}
	if string(m.Payload) != "secret" {
		t.Errorf("the caller's payload is %q now", m.Payload)
	}
	ref := []broker.Ref{{Queue: "q", ID: m.ID}}
	for _, tt := range []struct {
		names []string
		opens bool
	}{{[]string{"old"}, true}, {[]string{"new", "old"}, true}, {[]string{"new"}, false}} {
		entries, err := with(tt.names...).Find(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(entries[0].Message.Payload); (got == "secret") != tt.opens {
			t.Errorf("with %v: %q", tt.names, got)
		}
	}
	c := broker.Cycle{Session: broker.Session{Worker: "w", Queue: "q"}, Seq: 1, Lease: time.Minute, Want: broker.Want{Max: 1}}
	grant, err := with("new").Cycle(t.Context(), c)
	if err != nil || len(grant.Leases) != 1 || !sealed(grant.Leases[0].Payload) {
		t.Fatalf("%+v, %v", grant, err)
	}
	c.Seq, c.Want = 2, broker.Want{}
	c.Settle = []broker.Settle{{Lease: &grant.Leases[0], Outcome: broker.Dead, Reason: "it does not open"}}
	if _, err := with("new").Cycle(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	page, err := with("old").List(t.Context(), broker.ListQuery{Queue: "q", State: broker.StateDead, Limit: 10})
	if err != nil || len(page.Entries) != 1 || string(page.Entries[0].Message.Payload) != "secret" {
		t.Errorf("the dead letter: %+v, %v", page, err)
	}
}

// TestOpenRefuses what was changed, cut off, or moved to another task.
func TestOpenRefuses(t *testing.T) {
	k := keys(t, "key")
	whole := k.seal([]byte("text"), "purpose")
	if text, err := k.open(whole, "purpose"); string(text) != "text" || err != nil {
		t.Fatalf("%q, %v", text, err)
	}
	if bytes.Equal(whole, k.seal([]byte("text"), "purpose")) {
		t.Error("the same text is sealed to the same bytes twice")
	}
	if _, err := k.open(whole, "another purpose"); !errors.Is(err, ErrSealed) {
		t.Errorf("for another purpose: %v", err)
	}
	for n := range whole {
		if _, err := k.open(whole[:n], "purpose"); !errors.Is(err, ErrSealed) {
			t.Errorf("cut off at %d: %v", n, err)
		}
		changed := bytes.Clone(whole)
		changed[n] ^= 1
		if _, err := k.open(changed, "purpose"); !errors.Is(err, ErrSealed) {
			t.Errorf("changed at %d: %v", n, err)
		}
	}
}

func TestParseKeys(t *testing.T) {
	good := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), KeySize))
	if k, err := ParseKeys("new=" + good + ", old=" + good); err != nil || k.first != "new" || len(k.all) != 2 {
		t.Errorf("%+v, %v", k, err)
	}
	for text, want := range map[string]string{
		"":                             "key 1",
		good:                           "key 1",
		"a=" + good + ",b":             "key 2",
		"a=hunter2":                    "key 1",
		"a b=" + good:                  "key 1",
		"a=" + good + ",a=" + good:     "two keys a",
		"a=" + good[:len(good)-8] + "": "has",
	} {
		if _, err := ParseKeys(text); !errors.Is(err, broker.ErrInvalid) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), good) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if diff := cmp.Diff([]string{"key a", "key a"}, []string{key("a").String(), key("a").GoString()}); diff != "" {
		t.Error(diff)
	}
}

// TestNoKeys: a store without keys takes nothing in.
func TestNoKeys(t *testing.T) {
	store := membroker.New(membroker.Config{})
	defer store.Close()
	m := broker.Message{ID: broker.NewID("q", time.Now()), Queue: "q", Kind: "test.Letter", Max: 1}
	if _, err := New(store, Config{}).Enqueue(t.Context(), []broker.Message{m}); !errors.Is(err, broker.ErrInvalid) {
		t.Error(err)
	}
}

// FuzzOpen: whatever comes from the store, nothing opens that was not sealed.
func FuzzOpen(f *testing.F) {
	k := keys(f, "key")
	whole := k.seal([]byte("text"), "purpose")
	for _, b := range [][]byte{whole, whole[:10], {mark, version}, {mark, version, 255}, {0x81, 0xa1, 'a'}, nil} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if text, err := k.open(b, "purpose"); err == nil && string(text) != "text" {
			t.Errorf("%x opens to %q", b, text)
		}
	})
}

func FuzzSeal(f *testing.F) {
	k := keys(f, "key")
	f.Add([]byte("text"), "purpose")
	f.Fuzz(func(t *testing.T, text []byte, purpose string) {
		got, err := k.open(k.seal(text, purpose), purpose)
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%q came back as %q, %v", text, got, err)
		}
	})
}

// FuzzParseKeys: no error shows a secret.
func FuzzParseKeys(f *testing.F) {
	f.Add("s3cr3t")
	f.Add("a=s3cr3t,b=")
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ReplaceAll(text, "s3cr3t", "") + "s3cr3t"
		for _, keys := range []string{text, "a=" + text, "a=" + text + ",b=" + text, text + "=" + text} {
			if _, err := ParseKeys(keys); err != nil && strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%q: %v", keys, err)
			}
		}
	})
}
