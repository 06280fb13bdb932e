package redistest

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A Lag stands between a replica and its master, and holds up what the master
// sends. It looks into nothing.
type Lag struct {
	listener net.Listener
	target   string
	conns    connections
	delay    atomic.Int64
}

// StartLag stands before the master at addr until the test ends; at first it holds
// up nothing.
func StartLag(t testing.TB, addr string) *Lag {
	t.Helper()
	l := &Lag{listener: listen(t), target: addr}
	go l.conns.accept(l.listener, l.serve)
	t.Cleanup(func() {
		l.listener.Close()
		l.conns.close()
	})
	return l
}

// Addr is where the replica finds its master.
func (l *Lag) Addr() string { return l.listener.Addr().String() }

// Set is how long everything is held up from now on.
func (l *Lag) Set(d time.Duration) { l.delay.Store(int64(d)) }

// Cut closes every connection for good; what is held up is gone.
func (l *Lag) Cut() {
	l.listener.Close()
	l.conns.cut()
}

func (l *Lag) serve(replica net.Conn) {
	master, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	if !l.conns.add(master) {
		return
	}
	defer l.conns.remove(master)
	var wg sync.WaitGroup
	held := make(chan held, 1<<16)
	wg.Go(func() {
		l.release(replica, held)
		replica.Close()
	})
	wg.Go(func() {
		_, _ = io.Copy(master, replica)
		master.Close()
	})
	l.hold(master, held)
	close(held)
	wg.Wait()
}

// held are bytes under way, and since when.
type held struct {
	bytes []byte
	since time.Time
}

func (l *Lag) hold(master net.Conn, into chan<- held) {
	for {
		b := make([]byte, 64<<10)
		n, err := master.Read(b)
		if err != nil {
			return
		}
		into <- held{b[:n], time.Now()}
	}
}

// release passes on what was held long enough, until the replica has gone.
func (l *Lag) release(replica net.Conn, from <-chan held) {
	broken := false
	for h := range from {
		if broken {
			continue
		}
		time.Sleep(time.Until(h.since.Add(time.Duration(l.delay.Load()))))
		_, err := replica.Write(h.bytes)
		broken = err != nil
	}
}
