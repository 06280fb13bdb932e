package config

import (
	"strings"
	"testing"
)

func TestRedacted(t *testing.T) {
	for url, want := range map[string]string{
		"redis://127.0.0.1:6379":                      "redis://127.0.0.1:6379",
		"redis://user:secret@host:6379/3":             "redis://***@host:6379/3",
		"rediss://secret@host":                        "rediss://***@host",
		"redis://:se/cr@et@host/0":                    "redis://***@host/0",
		"redis://:secret":                             "redis://***",
		"redis://:secret:6379":                        "redis://***",
		"redis://:s@h:secret":                         "redis://***",
		"redis://[::1]:6379/1":                        "redis://[::1]:6379/1",
		"redis://[::1]":                               "redis://[::1]",
		"redis+sentinel://u:secret@a,b:26379/main/1":  "redis+sentinel://***@a,b:26379/main/1",
		"redis://h?sentinel_password=secret&prefix=a": "redis://h?sentinel_password=***&prefix=a",
		"redis://h?sentinel%5Fpassword=secret":        "redis://h?sentinel%5Fpassword=***",
		"redis://h/0#secret":                          "redis://h/***",
		"mem://":                                      "mem://",
		"secret":                                      "***",
		"secret://x":                                  "***",
	} {
		got := Redacted(url)
		if got != want || strings.Contains(got, "secret") {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}

// However wrong a URL is, the password is not in the message.
func TestErrorsHideURL(t *testing.T) {
	for _, url := range []string{"secret", "redis:secret@host", "foo://:secret@host", "redis+x://:secret@host"} {
		_, err := Load(Options{Dir: t.TempDir(), Environ: []string{"REDIS_URL=" + url}})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"pool-size", "; did you mean pool_size?"},
		{"poolsize", "; did you mean pool_size?"},
		{"url", "; did you mean url?"},
		{"elephant", ""},
		{strings.Repeat("x", 1000), ""},
	} {
		if got := didYouMean(tt.name, []string{"url", "pool_size"}); got != tt.want {
			t.Errorf("%.20s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestURLs(t *testing.T) {
	for _, url := range []string{
		"mem://", "redis://localhost", "redis://localhost:6379", "redis://:secret@localhost:6379/0", "rediss://user:secret@redis.example:6380/15",
		"redis+sentinel://a,b/main", "rediss+sentinel://a/main", "redis+cluster://a,b", "rediss+cluster://a",
	} {
		if c := load(t, Options{Environ: []string{"REDIS_URL=" + url}}); c.Redis.URL != url {
			t.Errorf("%s: %s", url, c.Redis.URL)
		}
	}
	for _, url := range []string{
		"localhost:6379", "http://localhost", "redis:/localhost", "redis+://localhost", "redis+tls://localhost", "mem+redis://", "://",
	} {
		if _, err := Load(Options{Dir: t.TempDir(), Environ: []string{"REDIS_URL=" + url}}); err == nil {
			t.Errorf("%s was accepted", url)
		}
	}
}
