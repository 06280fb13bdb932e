package redisbroker

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A target is what a URL says about the servers.
type target struct {
	kind     kind
	addrs    []string
	username string
	password string
	db       int
	master   string // of the sentinels
	tls      *tls.Config

	sentinelUsername, sentinelPassword string
}

type kind uint8

const (
	standalone kind = iota
	sentinel
	cluster
)

var kinds = map[string]kind{"": standalone, "sentinel": sentinel, "cluster": cluster}

// parseURL reads a URL and what it says of the config. No error shows the URL:
// it may hold a password.
func parseURL(raw string, c *Config) (*target, error) {
	scheme, rest, _ := strings.Cut(raw, "://")
	base, suffix, _ := strings.Cut(scheme, "+")
	k, known := kinds[suffix]
	if !known || base != "redis" && base != "rediss" {
		return nil, badURL("the scheme is none of redis, redis+sentinel, redis+cluster, or these with rediss")
	}
	userinfo, hosts, tail := authority(rest)
	if strings.Contains(tail, "@") {
		return nil, badURL("an @ stands behind / ? or #; percent-encode special characters of the password, and an @ in a parameter")
	}
	u, err := url.Parse("redis://" + userinfo + "host" + tail)
	if err != nil {
		return nil, badURL("it cannot be read; percent-encode special characters of the password")
	}
	t := &target{kind: k, username: u.User.Username()}
	t.password, _ = u.User.Password()
	if t.addrs, err = addresses(hosts, k); err != nil {
		return nil, err
	}
	if err := t.path(u.Path); err != nil {
		return nil, err
	}
	if base == "rediss" {
		host, _, _ := net.SplitHostPort(t.addrs[0])
		t.tls = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	return t, t.query(u.Query(), c)
}

func badURL(format string, args ...any) error {
	return fmt.Errorf("%w: the URL of Redis: %s", broker.ErrInvalid, fmt.Sprintf(format, args...))
}

// authority takes user:password@, the hosts and what follows them apart.
func authority(rest string) (userinfo, hosts, tail string) {
	hosts = rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		hosts, tail = rest[:i], rest[i:]
	}
	if i := strings.LastIndex(hosts, "@"); i >= 0 {
		userinfo, hosts = hosts[:i+1], hosts[i+1:]
	}
	return userinfo, hosts, tail
}

func addresses(hosts string, k kind) ([]string, error) {
	port := "6379"
	if k == sentinel {
		port = "26379"
	}
	var addrs []string
	for h := range strings.SplitSeq(hosts, ",") {
		host, p, err := net.SplitHostPort(h)
		if err != nil {
			host, p = strings.Trim(h, "[]"), port
		}
		if host == "" {
			host = "127.0.0.1"
		}
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return nil, badURL("what stands behind the colon of a host is no port from 1 to 65535; a password needs an @ behind it")
		}
		addrs = append(addrs, net.JoinHostPort(host, p))
	}
	if len(addrs) > 1 && k == standalone {
		return nil, badURL("it names %d hosts; write redis+sentinel:// or redis+cluster://", len(addrs))
	}
	return addrs, nil
}

// path reads /db, or /master[/db] of sentinels.
func (t *target) path(path string) (err error) {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if t.kind == sentinel {
		if len(parts) == 0 {
			return badURL("the name of the master is missing: redis+sentinel://host:26379/NAME")
		}
		t.master, parts = parts[0], parts[1:]
	}
	switch {
	case len(parts) == 0:
		return nil
	case len(parts) > 1:
		return badURL("its path has more than a database number")
	case t.kind == cluster:
		return badURL("a Cluster has no databases")
	}
	if t.db, err = strconv.Atoi(parts[0]); err != nil || t.db < 0 {
		return badURL("%q is no database number", parts[0])
	}
	return nil
}

// parameters are what may stand behind the question mark.
var parameters = map[string]func(t *target, c *Config, value string) error{
	"prefix": func(_ *target, c *Config, v string) error { c.Prefix = v; return nil },
	"pool_size": func(_ *target, c *Config, v string) (err error) {
		c.PoolSize, err = strconv.Atoi(v)
		return err
	},
	"connect_timeout": func(_ *target, c *Config, v string) (err error) {
		c.ConnectTimeout, err = time.ParseDuration(v)
		return err
	},
	"command_timeout": func(_ *target, c *Config, v string) (err error) {
		c.CommandTimeout, err = time.ParseDuration(v)
		return err
	},
	"durable_replicas": func(_ *target, c *Config, v string) (err error) {
		c.Durable.Replicas, err = strconv.Atoi(v)
		return err
	},
	"durable_timeout": func(_ *target, c *Config, v string) (err error) {
		c.Durable.Timeout, err = time.ParseDuration(v)
		return err
	},
	"sentinel_username": func(t *target, _ *Config, v string) error { t.sentinelUsername = v; return nil },
	"sentinel_password": func(t *target, _ *Config, v string) error { t.sentinelPassword = v; return nil },
	"ca_file":           func(t *target, _ *Config, v string) error { return t.trust(v) },
}

func (t *target) query(q url.Values, c *Config) error {
	for _, name := range slices.Sorted(maps.Keys(q)) {
		set, known := parameters[name]
		if !known {
			return badURL("it has an unknown parameter %q; there are: %s", name, strings.Join(slices.Sorted(maps.Keys(parameters)), ", "))
		}
		if err := set(t, c, q.Get(name)); err != nil {
			return badURL("parameter %s: %v", name, err)
		}
	}
	return nil
}

// trust makes the certificates in a file the ones that servers must have.
func (t *target) trust(file string) error {
	if t.tls == nil {
		return fmt.Errorf("it needs TLS: write rediss://")
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	t.tls.RootCAs = x509.NewCertPool()
	if !t.tls.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no certificate", file)
	}
	return nil
}

// CheckURL reports what is wrong with a URL before anything is connected: as Open
// would, but for what only a server can tell.
func CheckURL(url string) error {
	_, err := parseURL(url, new(Config))
	return err
}
