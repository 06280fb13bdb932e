package redistest

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	startTimeout = 20 * time.Second
	stopTimeout  = 5 * time.Second // after it, what does not end is killed
)

// errPortTaken is the end of a server whose port another process took first.
var errPortTaken = errors.New("the port is taken")

// A process is one run of a server.
type process struct {
	cmd  *exec.Cmd
	log  *serverLog
	done chan struct{} // closed when it has ended
}

// startProcess returns when the program has logged what says that it is ready.
// That is better than to ask the port, which may be another server's.
func startProcess(binary, dir, ready string, args []string) (*process, error) {
	p := &process{
		cmd:  exec.Command(binary, args...),
		log:  &serverLog{marker: []byte(ready), ready: make(chan struct{})},
		done: make(chan struct{}),
	}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, p.log, p.log
	p.cmd.SysProcAttr = endWithParent()
	started := make(chan error)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", binary, err)
	}
	return p, p.awaitReady()
}

// run starts the program and waits for its end. "With its parent" means with
// the thread that started it, so that thread has to live as long.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	err := p.cmd.Start()
	started <- err
	if err == nil {
		p.cmd.Wait()
	}
}

func (p *process) awaitReady() error {
	timer := time.NewTimer(startTimeout)
	defer timer.Stop()
	select {
	case <-p.log.ready:
		return nil
	case <-timer.C:
		p.kill()
		return fmt.Errorf("%s was not ready within %v; its log:\n%s", p.cmd.Path, startTimeout, p.log)
	case <-p.done:
	}
	if strings.Contains(p.log.String(), "already in use") {
		return errPortTaken
	}
	return fmt.Errorf("%s ended: %v; its log:\n%s", p.cmd.Path, p.cmd.ProcessState, p.log)
}

// kill ends the process as a crash would.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.done
}

// stop asks the process to end; one that is paused could not hear it.
func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.resume()
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		p.kill()
	}
}

// A serverLog is what a server writes. ready is closed when the marker is in.
type serverLog struct {
	marker []byte
	ready  chan struct{}

	mu   sync.Mutex
	text []byte
	seen bool
}

func (l *serverLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	if !l.seen && bytes.Contains(l.text, l.marker) {
		l.seen = true
		close(l.ready)
	}
	return len(b), nil
}

func (l *serverLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
