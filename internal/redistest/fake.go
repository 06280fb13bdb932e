package redistest

import (
	"net"
	"strings"
	"testing"
)

// A Handler answers a command on a Fake. Names of commands come in upper case.
// Connections call it at the same time.
type Handler func(args []string) Reply

// A Fake is a server that says what a test wants.
type Fake struct {
	listener net.Listener
	handler  Handler
	conns    connections
}

// StartFake runs a fake server until the test ends.
func StartFake(t testing.TB, handler Handler) *Fake {
	t.Helper()
	f := &Fake{listener: listen(t), handler: handler}
	go f.conns.accept(f.listener, f.serve)
	t.Cleanup(func() {
		f.listener.Close()
		f.conns.close()
	})
	return f
}

// Addr is the fake's address, 127.0.0.1:port.
func (f *Fake) Addr() string { return f.listener.Addr().String() }

// URL is redis://127.0.0.1:port.
func (f *Fake) URL() string { return "redis://" + f.Addr() }

func (f *Fake) serve(conn net.Conn) {
	r := newReader(conn)
	for {
		command, err := r.read()
		if err != nil || len(command.Items) == 0 {
			return
		}
		args := command.Strings()
		args[0] = strings.ToUpper(args[0])
		reply := f.handler(args)
		if reply.Kind == hangup {
			return
		}
		if reply.Kind == silence {
			continue
		}
		if _, err := conn.Write(reply.append(nil)); err != nil {
			return
		}
	}
}

// Version answers as a Redis of that version does when a client connects and
// asks what it is; to other commands it says OK.
func Version(version string) Handler {
	return func(args []string) Reply {
		switch args[0] {
		case "PING":
			return Status("PONG")
		case "INFO":
			return Bulk("# Server\r\nredis_version:" + version + "\r\nredis_mode:standalone\r\n")
		case "HELLO":
			return hello(version, args[1:])
		}
		return Status("OK")
	}
}

func hello(version string, args []string) Reply {
	protocol, kind := int64(2), byte('*')
	switch {
	case strings.HasPrefix(version, "5."):
		return Error("ERR unknown command `HELLO`")
	case len(args) > 0 && args[0] == "3":
		protocol, kind = 3, '%'
	}
	return Reply{Kind: kind, Items: []Reply{
		Bulk("server"), Bulk("redis"), Bulk("version"), Bulk(version), Bulk("proto"), Integer(protocol),
		Bulk("id"), Integer(1), Bulk("mode"), Bulk("standalone"), Bulk("role"), Bulk("master"), Bulk("modules"), Array(),
	}}
}
