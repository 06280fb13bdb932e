package redistest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"testing"
)

func TestTLS(t *testing.T) {
	tests := []struct {
		name   string
		args   []string
		change func(*tls.Config)
		ok     bool
	}{
		{"with a certificate", nil, func(*tls.Config) {}, true},
		{"without one", nil, func(c *tls.Config) { c.Certificates = nil }, true},
		{"by name", nil, func(c *tls.Config) { c.ServerName = "localhost" }, true},
		{"another name", nil, func(c *tls.Config) { c.ServerName = "example.org" }, false},
		{"another authority", nil, func(c *tls.Config) { c.RootCAs = x509.NewCertPool() }, false},
		{"demanded", []string{"--tls-auth-clients", "yes"}, func(*tls.Config) {}, true},
		{"demanded, not shown", []string{"--tls-auth-clients", "yes"}, func(c *tls.Config) { c.Certificates = nil }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, certs := StartTLS(t, test.args...)
			if want := "rediss://" + s.Addr(); s.URL() != want {
				t.Errorf("URL %s, want %s", s.URL(), want)
			}
			s.tls = certs.Config(t)
			test.change(s.tls)
			if _, err := s.ask("PING"); (err == nil) != test.ok {
				t.Errorf("PING: %v", err)
			}
		})
	}
}

func TestTLSOnly(t *testing.T) {
	s, _ := StartTLS(t)
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var op *net.OpError
	if reply, err := ask(conn, "PING"); !errors.Is(err, io.EOF) && !errors.As(err, &op) {
		t.Errorf("without TLS: %+v, %v", reply, err)
	}
}
