package redistest

import (
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A Proxy passes on what a client and a server say to each other, until a test
// breaks it. It understands what it passes on, so it is not for TLS.
type Proxy struct {
	listener net.Listener
	conns    connections

	mu      sync.Mutex
	target  string
	cut     bool
	flow    chan struct{} // closed while data flows
	match   func(args []string) bool
	drop    int // replies left to drop
	dropped int
	edits   func(args []string) bool // whose answers edit changes
	edit    func(text string) string
}

// StartProxy stands before the server at addr until the test ends.
func StartProxy(t testing.TB, addr string) *Proxy {
	t.Helper()
	p := &Proxy{listener: listen(t), target: addr, flow: make(chan struct{})}
	close(p.flow)
	go p.conns.accept(p.listener, p.serve)
	t.Cleanup(func() {
		p.listener.Close()
		p.Cut()
		p.Resume()
		p.conns.close()
	})
	return p
}

// Addr is the proxy's address, 127.0.0.1:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// URL is redis://127.0.0.1:port.
func (p *Proxy) URL() string { return "redis://" + p.Addr() }

// Cut closes every connection, and each new one at once, until Resume.
func (p *Proxy) Cut() {
	p.mu.Lock()
	p.cut = true
	p.mu.Unlock()
	p.conns.cut()
}

// Redirect passes new connections on to another server, as an address does that
// moves, and closes those that there are.
func (p *Proxy) Redirect(addr string) {
	p.mu.Lock()
	p.target = addr
	p.mu.Unlock()
	p.conns.cut()
}

// Hang lets nothing through in either direction until Resume; connections stay
// open and new ones are accepted.
func (p *Proxy) Hang() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.hangs() {
		p.flow = make(chan struct{})
	}
}

// Resume ends Cut and Hang; what waited goes on.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
	if p.hangs() {
		close(p.flow)
	}
}

func (p *Proxy) hangs() bool {
	select {
	case <-p.flow:
		return false
	default:
		return true
	}
}

// DropReplies loses the replies to the next n commands that match: the server
// runs the command, and instead of its reply the client sees the connection
// close. It replaces an earlier call.
func (p *Proxy) DropReplies(n int, match func(args []string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop, p.match = n, match
}

// Dropped is the number of replies lost so far.
func (p *Proxy) Dropped() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dropped
}

// Rewrite changes the texts that the server answers to commands that match, as INFO
// does: for what a server of another release, or in trouble, would say. It replaces an
// earlier call.
func (p *Proxy) Rewrite(match func(args []string) bool, edit func(text string) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.edits, p.edit = match, edit
}

// Command matches commands of these names, given in upper case.
func Command(names ...string) func(args []string) bool {
	return func(args []string) bool { return slices.Contains(names, strings.ToUpper(args[0])) }
}

func (p *Proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.goal())
	if err != nil {
		return
	}
	if !p.conns.add(server) {
		return
	}
	defer p.conns.remove(server)
	if p.isCut() {
		return
	}
	pending := &fates{}
	var wg sync.WaitGroup
	wg.Go(func() {
		p.replies(client, server, pending)
		client.Close()
	})
	p.commands(client, server, pending)
	server.Close()
	wg.Wait()
}

func (p *Proxy) goal() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.target
}

func (p *Proxy) isCut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cut
}

// commands passes commands on, and notes what becomes of their replies.
func (p *Proxy) commands(client, server net.Conn, pending *fates) {
	r := newReader(client)
	for {
		r.reset()
		command, err := r.read()
		if err != nil || len(command.Items) == 0 {
			return
		}
		p.await()
		pending.push(p.fateOf(command.Strings()))
		if _, err := server.Write(r.raw); err != nil {
			return
		}
	}
}

// replies passes replies on until one is to be lost. What a server pushes is
// nobody's reply.
func (p *Proxy) replies(client, server net.Conn, pending *fates) {
	r := newReader(server)
	for {
		r.reset()
		reply, err := r.read()
		if err != nil {
			return
		}
		p.await()
		var its fate
		if reply.Kind != '>' {
			its = pending.pop()
		}
		if its.lost {
			p.mu.Lock()
			p.dropped++
			p.mu.Unlock()
			return
		}
		raw := r.raw
		if its.edit != nil && reply.Kind != '-' {
			raw = Bulk(its.edit(reply.Text)).append(nil)
		}
		if _, err := client.Write(raw); err != nil {
			return
		}
	}
}

// await returns when data may flow.
func (p *Proxy) await() {
	p.mu.Lock()
	flow := p.flow
	p.mu.Unlock()
	<-flow
}

func (p *Proxy) fateOf(args []string) (f fate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drop > 0 && p.match(args) {
		p.drop--
		f.lost = true
	}
	if p.edits != nil && p.edits(args) {
		f.edit = p.edit
	}
	return f
}

// A fate is what becomes of the reply to a command.
type fate struct {
	lost bool
	edit func(text string) string // nil: it stays
}

// fates are those of the commands under way on a connection.
type fates struct {
	mu   sync.Mutex
	each []fate
}

func (f *fates) push(one fate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.each = append(f.each, one)
}

// pop is the zero fate for a reply that no command waits for, such as the message
// of a subscription.
func (f *fates) pop() fate {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.each) == 0 {
		return fate{}
	}
	one := f.each[0]
	f.each = f.each[1:]
	return one
}
