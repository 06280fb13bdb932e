package redisbroker

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tqgen/taskqueue/runtime/broker"
)

func TestParseURL(t *testing.T) {
	tests := []struct {
		url    string
		target target
		config Config
		tls    string // the name that a server must prove
	}{
		{url: "redis://", target: target{addrs: []string{"127.0.0.1:6379"}}},
		{url: "redis://host", target: target{addrs: []string{"host:6379"}}},
		{url: "redis://host:1234/7", target: target{addrs: []string{"host:1234"}, db: 7}},
		{url: "redis://[::1]:1234", target: target{addrs: []string{"[::1]:1234"}}},
		{url: "redis://[::1]", target: target{addrs: []string{"[::1]:6379"}}},
		{url: "redis://u:p%40%2F%3F@host", target: target{addrs: []string{"host:6379"}, username: "u", password: "p@/?"}},
		{url: "redis://:p@host", target: target{addrs: []string{"host:6379"}, password: "p"}},
		{url: "rediss://host", target: target{addrs: []string{"host:6379"}}, tls: "host"},
		{
			url:    "redis+sentinel://a,b:1/main/3?sentinel_username=su&sentinel_password=sp",
			target: target{kind: sentinel, addrs: []string{"a:26379", "b:1"}, master: "main", db: 3, sentinelUsername: "su", sentinelPassword: "sp"},
		},
		{url: "rediss+cluster://u:p@a,b:1", target: target{kind: cluster, addrs: []string{"a:6379", "b:1"}, username: "u", password: "p"}, tls: "a"},
		{
			url:    "redis://host?prefix=app:&pool_size=3&connect_timeout=1s&command_timeout=2s",
			target: target{addrs: []string{"host:6379"}},
			config: Config{Prefix: "app:", PoolSize: 3, ConnectTimeout: time.Second, CommandTimeout: 2 * time.Second},
		},
	}
	for _, test := range tests {
		var c Config
		got, err := parseURL(test.url, &c)
		if err != nil {
			t.Errorf("%s: %v", test.url, err)
			continue
		}
		if (got.tls != nil) != (test.tls != "") || got.tls != nil && got.tls.ServerName != test.tls {
			t.Errorf("%s: TLS %+v, want the name %q", test.url, got.tls, test.tls)
		}
		if diff := cmp.Diff(test.target, *got, cmp.AllowUnexported(target{}), cmpopts.IgnoreFields(target{}, "tls")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.url, diff)
		}
		if diff := cmp.Diff(test.config, c, cmpopts.IgnoreFields(Config{}, "TLS", "Logger")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.url, diff)
		}
	}
}

// TestBadURLs wants an error that helps, and no trace of the password.
func TestBadURLs(t *testing.T) {
	for url, want := range map[string]string{
		"":                                  "scheme",
		"http://user:hunter2@host":          "scheme",
		"redis+x://user:hunter2@host":       "scheme",
		"hunter2":                           "scheme",
		"redis://user:hunter2":              "needs an @",
		"redis://:hunter2":                  "needs an @",
		"redis://user:hun/hunter2@host":     "percent-encode",
		"redis://user:1/hunter2@host":       "percent-encode",
		"redis://user:hun?hunter2@host":     "percent-encode",
		"redis://user:hun#hunter2@host":     "percent-encode",
		"redis://user:%hunter2@host":        "percent-encode",
		"redis://user:hunter2@host:x":       "port",
		"redis://user:hunter2@host:99999":   "port",
		"redis://user:hunter2@host/x":       "database",
		"redis://user:hunter2@host/1/2":     "database",
		"redis://user:hunter2@host/-1":      "database",
		"redis://user:hunter2@a,b":          "2 hosts",
		"redis+cluster://hunter2@a/1":       "no databases",
		"redis+sentinel://hunter2@a":        "master",
		"redis://hunter2@a?x=1":             "unknown parameter",
		"redis://hunter2@a?pool_size=x":     "pool_size",
		"redis://hunter2@a?ca_file=/x":      "rediss",
		"rediss://hunter2@a?ca_file=/no/it": "ca_file",
		"redis://hunter2@a?connect_timeout": "connect_timeout",

		"redis://hunter2@a?durable_replicas=x": "durable_replicas",
		"redis://hunter2@a?durable_timeout=1":  "durable_timeout",
	} {
		_, err := parseURL(url, &Config{})
		if !errors.Is(err, broker.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", url, err, want)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the password is in %v", url, err)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"redis://u:p@h:1/2", "rediss+cluster://a,b?prefix=x", "redis+sentinel://[::1]/m/0", "redis://:p%zz@h"} {
		f.Add(s, "secret")
	}
	f.Fuzz(func(t *testing.T, url, password string) {
		c := Config{}
		if target, err := parseURL(url, &c); err == nil && len(target.addrs) == 0 {
			t.Errorf("%q names no host", url)
		}
		// Whatever a password is, it is not shown once it stands before an @.
		if secret := "s3cr3t" + password + "s3cr3t"; !strings.ContainsAny(password, "@") {
			for _, tail := range []string{"@host", "@host:x", "@host/x", "@a,b", "@host?x=y"} {
				if _, err := parseURL("redis://user:"+secret+tail, &c); err != nil && strings.Contains(err.Error(), "s3cr3t") {
					t.Errorf("%q: the password is in %v", secret+tail, err)
				}
			}
		}
	})
}
