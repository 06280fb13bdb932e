package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// A Process is an actor as the scenario sees it: a process of its own.
type Process struct {
	stage  *Stage
	name   string
	cmd    *exec.Cmd
	output output
	done   chan struct{} // closed when it has ended
	killed bool          // by the scenario
}

// An output is what a process writes, kept for those who look into a failure.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start starts this program again, as an actor.
func (s *Stage) start(p plan) *Process {
	s.t.Helper()
	p.Name, p.Dir = s.Actor(p.Name), s.dir
	return s.Spawn(p.Name, actorVariable, p)
}

// Actor is a name for the next process.
func (s *Stage) Actor(role string) string { return fmt.Sprintf("%s%d", role, len(s.processes)+1) }

// Spawn starts this program again with what the process shall do as JSON in a
// variable of its environment.
func (s *Stage) Spawn(name, variable string, plan any) *Process {
	s.t.Helper()
	text, err := json.Marshal(plan)
	if err != nil {
		s.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	q := &Process{stage: s, name: name, cmd: exec.Command(self), done: make(chan struct{})}
	q.cmd.Env = append(os.Environ(), variable+"="+string(text))
	q.cmd.Stdout, q.cmd.Stderr = &q.output, &q.output
	q.cmd.SysProcAttr = endWithParent()
	started := make(chan error)
	go q.run(started)
	if err := <-started; err != nil {
		s.t.Fatalf("starting %s: %v", name, err)
	}
	s.processes = append(s.processes, q)
	return q
}

// run waits for the end of the process in the thread that started it: with that
// thread the kernel ends it.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	err := p.cmd.Start()
	started <- err
	if err == nil {
		_ = p.cmd.Wait() // Exit tells how it ended
	}
}

func (p *Process) alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Kill ends the process as a crash would.
func (p *Process) Kill() {
	p.stage.Note(Record{Event: Killed, Actor: p.name})
	p.killed = true
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// Pause stops the process until Resume.
func (p *Process) Pause() {
	p.stage.Note(Record{Event: Paused, Actor: p.name})
	p.signal(syscall.SIGSTOP)
}

// Resume lets a paused process go on.
func (p *Process) Resume() {
	p.signal(syscall.SIGCONT)
	p.stage.Note(Record{Event: Resumed, Actor: p.name})
}

// Stop asks the process to end, once it can hear that.
func (p *Process) Stop() {
	p.listens()
	p.stage.Note(Record{Event: Stopped, Actor: p.name})
	p.signal(syscall.SIGTERM)
}

// listens waits until the process has opened its ledger: before that it has seen to
// it that it hears signals, and one that comes earlier just ends it.
func (p *Process) listens() {
	path := filepath.Join(p.stage.dir, p.name+ledgerSuffix)
	for limit := time.Now().Add(time.Minute); p.alive() && time.Now().Before(limit); time.Sleep(time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
	}
}

func (p *Process) signal(s syscall.Signal) {
	if err := p.cmd.Process.Signal(s); err != nil && p.alive() {
		p.stage.t.Errorf("%v to %s: %v", s, p.name, err)
	}
}

// Exit waits until the process has ended, well.
func (p *Process) Exit(limit time.Duration) {
	p.stage.t.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		p.stage.t.Errorf("%s has not ended within %v:\n%s", p.name, limit, p.output.String())
		p.Kill()
		return
	}
	if p.killed {
		return
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.stage.t.Errorf("%s ended by %v:\n%s", p.name, p.cmd.ProcessState, p.output.String())
	}
}
