package redistest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// Certificates are a test's own authority and two certificates that it signed:
// the server's, for 127.0.0.1 and localhost, and a client's.
type Certificates struct {
	CAFile                string
	ServerCert, ServerKey string // files
	ClientCert, ClientKey string // files
	Pool                  *x509.CertPool
}

// NewCertificates makes the files, in a folder of the test.
func NewCertificates(t testing.TB) *Certificates {
	t.Helper()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	ca := newPair(t, "authority", nil)
	c := &Certificates{
		CAFile:     path("ca.crt"),
		ServerCert: path("server.crt"), ServerKey: path("server.key"),
		ClientCert: path("client.crt"), ClientKey: path("client.key"),
		Pool: x509.NewCertPool(),
	}
	c.Pool.AddCert(ca.cert)
	ca.write(t, c.CAFile, path("ca.key"))
	newPair(t, "server", ca).write(t, c.ServerCert, c.ServerKey)
	newPair(t, "client", ca).write(t, c.ClientCert, c.ClientKey)
	return c
}

// Config trusts the authority and shows the client's certificate.
func (c *Certificates) Config(t testing.TB) *tls.Config {
	t.Helper()
	client, err := tls.LoadX509KeyPair(c.ClientCert, c.ClientKey)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{RootCAs: c.Pool, Certificates: []tls.Certificate{client}, MinVersion: tls.VersionTLS12}
}

// A pair is a certificate and its key.
type pair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newPair makes a certificate that ca signs, or an authority if ca is nil.
func newPair(t testing.TB, name string, ca *pair) *pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(now.UnixNano()),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses:           []net.IP{net.ParseIP(loopback)},
		DNSNames:              []string{"localhost"},
		BasicConstraintsValid: true,
	}
	signer := ca
	if ca == nil {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
		signer = &pair{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.cert, &key.PublicKey, signer.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &pair{cert, key}
}

func (p *pair) write(t testing.TB, certFile, keyFile string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, certFile, "CERTIFICATE", p.cert.Raw)
	writePEM(t, keyFile, "PRIVATE KEY", der)
}

func writePEM(t testing.TB, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// StartTLS is Start with TLS and nothing else. Clients need no certificate
// unless args say "--tls-auth-clients", "yes". The server must be built with
// TLS; those of all distributions are.
func StartTLS(t testing.TB, args ...string) (*Server, *Certificates) {
	t.Helper()
	certs := NewCertificates(t)
	s := startPlan(t, plan{ready: readyLine, args: func(port int, dir string) []string {
		return append(baseArgs(dir), append([]string{
			"--port", "0", "--tls-port", strconv.Itoa(port), "--tls-auth-clients", "no",
			"--tls-ca-cert-file", certs.CAFile, "--tls-cert-file", certs.ServerCert, "--tls-key-file", certs.ServerKey,
		}, args...)...)
	}})
	s.tls = certs.Config(t)
	return s, certs
}
