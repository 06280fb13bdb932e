package config

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
)

const oneKey = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="

// seals reports whether a store sees no payload of a task.
func seals(kind string) func(*Config) any {
	return func(c *Config) any {
		inner := membroker.New(membroker.Config{})
		defer inner.Close()
		store, err := c.seal(inner, nil)
		if err != nil {
			return err
		}
		m := broker.Message{ID: broker.NewID("q", time.Now()), Queue: "q", Kind: kind, Max: 1, Payload: []byte("secret")}
		ctx := context.Background()
		if receipts, err := store.Enqueue(ctx, []broker.Message{m}); err != nil || receipts != nil {
			return errors.Join(err, errors.New("it is not in"))
		}
		entries, err := inner.Find(ctx, []broker.Ref{{Queue: "q", ID: m.ID}})
		if err != nil {
			return err
		}
		return !bytes.Contains(entries[0].Message.Payload, m.Payload)
	}
}

// TestEncryptionRefuses what would leave payloads readable that should not be, and
// shows no key.
func TestEncryptionRefuses(t *testing.T) {
	const short = "c2VjcmV0c2VjcmV0"
	for _, tt := range []struct{ name, file, want string }{
		{"no base64", `keys = "a=` + short + `!"`, "key 1 is not NAME=BASE64"},
		{"a short key", `keys = "a=` + short + `"`, "key 1 has 12 bytes, it needs 32"},
		{"two of one name", `keys = "a=` + oneKey + `,a=` + oneKey + `"`, "there are two keys a"},
		{"keys and a file", "keys = \"a=" + oneKey + "\"\nkey_file = \"testdata/keys\"", "drop one of them"},
		{"kinds without a key", `kinds = ["a.A"]`, "there is no key to seal them with"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(Options{File: write(t, "a.toml", "[encryption]\n"+tt.file+"\n"), Environ: []string{}})
			if !errors.Is(err, taskqueue.ErrInvalid) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("%v, want %q", err, tt.want)
			}
			if strings.Contains(err.Error(), short) || strings.Contains(err.Error(), oneKey) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

// TestKeyFileRefuses: a program with a file that has no keys does not start.
func TestKeyFileRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"not there", "", "no such file"},
		{"empty", "# nothing\n", "there is no key in"},
		{"no keys", "hunter2\n", "key 1 is not NAME=BASE64"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys")
			if tt.text != "" {
				if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c := Default()
			c.Redis.URL, c.Encryption.KeyFile = "mem://", path
			client, err := c.Open(t.Context(), nil)
			if err == nil {
				client.Close()
			}
			if !errors.Is(err, taskqueue.ErrInvalid) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
