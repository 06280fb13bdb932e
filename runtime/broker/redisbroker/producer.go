package redisbroker

import (
	"strconv"
	"sync"
	"time"
)

// remember is how long the answer to a producer's last number is kept, in ms:
// longer than anybody repeats.
const remember = int64(2 * maxPatience / time.Millisecond)

// A producer numbers what it writes, so that a command may be sent again. It is
// used by one call at a time.
type producer struct {
	name   string
	number int64
	asked  time.Time // when the server was last asked for the time
}

// state is what the server keeps of a number whose messages are all in.
func (p *producer) state() string { return strconv.FormatInt(p.number, 10) + " " }

// askEvery is how often add.lua tells the time and renews the producer's memory.
const askEvery = time.Second

func (p *producer) asks() string {
	now := time.Now()
	if now.Sub(p.asked) < askEvery {
		return "0"
	}
	p.asked = now
	return "1"
}

// producers are idle ones.
type producers struct {
	mu   sync.Mutex
	idle []*producer
}

// borrow takes a producer with the next number.
func (s *producers) borrow(b *Broker) *producer {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.idle)
	if n == 0 {
		return &producer{name: b.process + "." + strconv.FormatInt(b.serial.Add(1), 36), number: 1}
	}
	p := s.idle[n-1]
	s.idle = s.idle[:n-1]
	p.number++
	return p
}

func (s *producers) give(p *producer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, p)
}
