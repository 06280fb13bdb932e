package config

import (
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/redisbroker"
)

// schemes are those of redis.url.
const schemes = "mem://, redis://, redis+sentinel://, redis+cluster://, or rediss in place of redis for TLS"

// checkURL reports what is wrong with a URL, and never shows it.
func checkURL(raw string) error {
	if err := checkScheme(raw); err != nil || strings.HasPrefix(raw, "mem:") {
		return err
	}
	return redisbroker.CheckURL(raw)
}

func checkScheme(raw string) error {
	scheme, _, found := strings.Cut(raw, "://")
	base, kind, _ := strings.Cut(scheme, "+")
	switch {
	case raw == "":
		return fmt.Errorf("it is empty; use %s", schemes)
	case !found:
		return fmt.Errorf("it has no scheme (it is not shown, as it may hold a password); use %s", schemes)
	case scheme == "mem":
		return nil
	case (base == "redis" || base == "rediss") && (kind == "sentinel" || kind == "cluster" || kind == "" && !strings.Contains(scheme, "+")):
		return nil
	}
	return fmt.Errorf("unknown store %q; use %s", scheme+"://", schemes)
}

const hidden = "***"

// Redacted is the URL of the store without what may be secret: user and
// password, and parameters about passwords. What cannot be told apart for sure
// is hidden altogether.
func Redacted(raw string) string {
	scheme, rest, found := strings.Cut(raw, "://")
	if !found || checkScheme(raw) != nil {
		return hidden
	}
	userinfo := ""
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		userinfo, rest = hidden+"@", rest[i+1:]
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	hosts, tail := rest[:end], rest[end:]
	for host := range strings.SplitSeq(hosts, ",") {
		if !plainHost(host) {
			return scheme + "://" + hidden
		}
	}
	return scheme + "://" + userinfo + hosts + redactedTail(tail)
}

// plainHost reports whether nothing but a host and a port is there.
func plainHost(s string) bool {
	if !strings.Contains(strings.Trim(s, "[]"), ":") || strings.HasSuffix(s, "]") {
		return true
	}
	_, port, err := net.SplitHostPort(s)
	n, number := strconv.ParseUint(port, 10, 16)
	return err == nil && number == nil && n > 0
}

func redactedTail(tail string) string {
	path, query, found := strings.Cut(tail, "?")
	if strings.Contains(path, "#") || strings.Contains(query, "#") {
		return "/" + hidden
	}
	if !found {
		return path
	}
	parameters := strings.Split(query, "&")
	for i, p := range parameters {
		name, _, _ := strings.Cut(p, "=")
		if plain, err := url.QueryUnescape(name); err != nil || strings.Contains(strings.ToLower(plain), "pass") {
			parameters[i] = name + "=" + hidden
		}
	}
	return path + "?" + strings.Join(parameters, "&")
}

// levels are those of log.level. Nothing is logged at trace, so that it means
// the same as debug.
var levels = []string{"trace", "debug", "info", "warn", "error"}

// components are the parts of a program that log.level can name.
var components = []string{"worker", "redis", "web"}

// Level is the lowest level that is logged of a component: of all others where
// it is empty.
func (l Log) Level(component string) slog.Level {
	level := slog.LevelInfo
	for part := range strings.SplitSeq(l.Levels, ",") {
		name, text, named := strings.Cut(part, "=")
		if !named {
			name, text = "", name
		}
		if name == "" || name == component {
			level = levelNamed(text)
		}
	}
	return level
}

func levelNamed(text string) slog.Level {
	var level slog.Level
	if level.UnmarshalText([]byte(text)) != nil {
		return slog.LevelDebug // trace
	}
	return level
}

// checkLevel accepts LEVEL, or LEVEL,COMPONENT=LEVEL….
func checkLevel(s string) error {
	for i, part := range strings.Split(s, ",") {
		component, level, named := strings.Cut(part, "=")
		if !named {
			level = component
		}
		switch {
		case !named && i > 0:
			return fmt.Errorf("%q: %q is no COMPONENT=LEVEL", s, part)
		case named && !slices.Contains(components, component):
			return fmt.Errorf("%q: no component %q; there are %s", s, component, strings.Join(components, ", "))
		case !slices.Contains(levels, strings.ToLower(level)):
			return fmt.Errorf("%q: %q is none of %s%s", s, level, strings.Join(levels, ", "), didYouMean(level, levels))
		}
	}
	return nil
}

func checkRoute(s string) error {
	if !strings.HasPrefix(s, "/") || len(s) > 1 && strings.HasSuffix(s, "/") || strings.ContainsAny(s, " ?#{}") {
		return fmt.Errorf("%q is no path that begins with / and does not end with it", s)
	}
	return nil
}

// checkListen accepts HOST:PORT, and nothing.
func checkListen(s string) error {
	if s == "" {
		return nil
	}
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Errorf("%q is no HOST:PORT", s)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q: the port is no number from 0 to 65535", s)
	}
	return nil
}

const minPassword, maxPassword = 8, 200

// checkPassword never shows what it is given.
func checkPassword(s string) error {
	if s == "" || len(s) >= minPassword && len(s) <= maxPassword {
		return nil
	}
	return fmt.Errorf("it has %d characters; %d to %d are needed", len(s), minPassword, maxPassword)
}

// hide shows that something is set, and not what.
func hide(s string) string {
	if s == "" {
		return ""
	}
	return hidden
}

func checkKeyPrefix(s string) error { return broker.CheckName("key prefix", s) }
func checkKind(s string) error      { return broker.CheckName("task kind", s) }

const maxNamePrefix = 100

func checkFleet(s string) error {
	switch {
	case s == "":
		return nil
	case len(s) > maxFleetName:
		return fmt.Errorf("it has %d bytes, at most %d are allowed", len(s), maxFleetName)
	}
	return broker.CheckName("name of the fleet", s)
}

const maxFleetName = 100

func checkNamePrefix(s string) error {
	switch {
	case s == "":
		return nil
	case len(s) > maxNamePrefix:
		return fmt.Errorf("it has %d bytes, at most %d are allowed", len(s), maxNamePrefix)
	}
	return broker.CheckName("worker name", s)
}

const maxWeight = 1000

// checkServed accepts NAME and NAME=WEIGHT.
func checkServed(s string) error {
	name, weight, weighted := strings.Cut(s, "=")
	if err := broker.CheckName("queue name", name); err != nil {
		return err
	}
	if !weighted {
		return nil
	}
	if n, err := strconv.Atoi(weight); err != nil || n < 1 || n > maxWeight {
		return fmt.Errorf("%q: the weight is no number from 1 to %d", s, maxWeight)
	}
	return nil
}

func servedName(s string) string {
	name, _, _ := strings.Cut(s, "=")
	return name
}

func itself(s string) string { return s }

// parametersOf are what a URL says behind the question mark and a key of the
// configuration says, too.
func parametersOf(raw string) map[string]string {
	_, query, _ := strings.Cut(raw, "?")
	values, err := url.ParseQuery(query)
	found := map[string]string{}
	if err != nil {
		return found
	}
	also := map[string]string{
		"prefix": "redis.prefix", "pool_size": "redis.pool_size",
		"connect_timeout": "redis.connection_timeout", "command_timeout": "redis.command_timeout",
		"durable_replicas": "redis.durable_replicas", "durable_timeout": "redis.durable_timeout",
	}
	for parameter := range maps.Keys(values) {
		if path, ok := also[parameter]; ok {
			found[path] = parameter
		}
	}
	return found
}
