package console

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	headerTimeout = 5 * time.Second
	idleTimeout   = 2 * time.Minute
	drainTimeout  = 3 * time.Second // of requests, when the program ends
)

// A Server serves HTTP until its context ends.
type Server struct {
	listener net.Listener
	server   *http.Server
}

// Listen opens an address, so that what is wrong with it is known before anything
// begins.
func Listen(ctx context.Context, address string) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, Misuse(fmt.Errorf("cannot listen at %s: %w", address, err))
	}
	return &Server{listener: listener, server: &http.Server{ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout}}, nil
}

// URL is where the server can be reached from this machine.
func (s *Server) URL() string {
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Run serves until ctx ends; then requests may finish.
func (s *Server) Run(ctx context.Context, handler http.Handler) error {
	s.server.Handler = handler
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		if s.server.Shutdown(wait) != nil {
			_ = s.server.Close()
		}
	})
	err := s.server.Serve(s.listener)
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close ends a server that was never run.
func (s *Server) Close() error { return s.listener.Close() }
