package web

import (
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
)

// A guard keeps out what should not get in.
type guard struct {
	auth     Authorizer
	readOnly bool
	hosts    []string
	cross    *http.CrossOriginProtection
}

// newGuard also returns what is wrong with the configured origins.
func newGuard(c *Config) (guard, error) {
	g := guard{auth: c.Auth, readOnly: c.ReadOnly, hosts: c.Hosts, cross: http.NewCrossOriginProtection()}
	for _, origin := range c.Origins {
		if err := g.cross.AddTrustedOrigin(origin); err != nil {
			return g, fmt.Errorf("web: Config.Origins: %w", err)
		}
	}
	return g, nil
}

// admit says who asks, or why the request is refused.
func (g *guard) admit(r *http.Request, a Action) (who string, err error) {
	if a.Changes() {
		if err := g.checkChange(r); err != nil {
			return "", err
		}
	}
	if g.auth == nil {
		return "anybody", g.checkHost(r)
	}
	who, err = g.auth(r, a)
	if err != nil && !errors.Is(err, ErrUnauthenticated) {
		err = fmt.Errorf("%w: %w", errForbidden, err)
	}
	return who, err
}

// checkChange refuses what a page of somebody else could make a browser send.
func (g *guard) checkChange(r *http.Request) error {
	if g.readOnly {
		return fmt.Errorf("%w: this handler is read-only", errForbidden)
	}
	if err := g.cross.Check(r); err != nil {
		return fmt.Errorf("%w: %w", errForbidden, err)
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return errMediaType
	}
	return nil
}

// checkHost refuses names of loopback addresses that others may have given them.
func (g *guard) checkHost(r *http.Request) error {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok || !local.IP.IsLoopback() {
		return nil
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if ip := net.ParseIP(host); ip != nil || host == "localhost" || slices.Contains(g.hosts, host) {
		return nil
	}
	return fmt.Errorf("%w: %q is no name of this host; set Config.Hosts or Config.Auth", errForbidden, r.Host)
}

// contentPolicy allows what the dashboard has of its own, and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// protect sets the headers of every answer.
func protect(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}
