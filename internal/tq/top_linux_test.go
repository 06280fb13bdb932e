package tq

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A terminal is a real one, on which a test types and reads.
type terminal struct {
	*testing.T
	*os.File
	program *exec.Cmd
	shown   bytes.Buffer
}

// onTerminal runs tq on a terminal of that many columns and rows.
func (d *desk) onTerminal(columns, rows uint16, args ...string) *terminal {
	d.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		d.Fatal(err)
	}
	fd := int(master.Fd())
	number, err1 := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	err2 := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	err3 := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: rows})
	slave, err4 := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	self, err5 := os.Executable()
	binary := filepath.Join(d.TempDir(), "tq")
	for _, err := range []error{err1, err2, err3, err4, err5, os.Symlink(self, binary)} {
		if err != nil {
			d.Fatal(err)
		}
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append(d.environ, "TERM=xterm-256color")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		d.Fatal(err)
	}
	slave.Close()
	late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	d.Cleanup(func() {
		late.Stop()
		_ = cmd.Process.Kill()
		master.Close()
	})
	return &terminal{T: d.T, File: master, program: cmd}
}

// until reads what is drawn until a word was: only what changes is, with the cursor
// moved over spaces.
func (s *terminal) until(text string) {
	s.Helper()
	s.shown.Reset()
	for b := make([]byte, 4096); !bytes.Contains(s.shown.Bytes(), []byte(text)); {
		n, err := s.Read(b)
		s.shown.Write(b[:n])
		if err != nil {
			s.Fatalf("no %q in %q: %v", text, &s.shown, err)
		}
	}
}

func (s *terminal) press(key string) {
	s.Helper()
	if _, err := s.WriteString(key); err != nil {
		s.Fatal(err)
	}
}

// end waits until the program has ended, and returns its exit code.
func (s *terminal) end() int {
	for b := make([]byte, 4096); ; {
		if _, err := s.Read(b); err != nil {
			break // EIO: nobody has the other side any more
		}
	}
	_ = s.program.Wait()
	return s.program.ProcessState.ExitCode()
}

// tq top on a terminal: it draws what is, keys do what they are for, q ends it.
func TestTop(t *testing.T) {
	d := newDesk(t)
	d.put("2")
	d.kill("3", "no credit")
	s := d.onTerminal(120, 30, "top")
	s.until("mail")
	s.press("p")
	s.until("paused")
	if q, err := d.client.Queues(t.Context(), "mail"); err != nil || !q[0].Settings.Paused {
		t.Errorf("%+v, %v", q, err)
	}
	s.press("\r")
	s.until("credit")
	s.press("r")
	s.until("y/n")
	s.press("y")
	for {
		if q, err := d.client.Queues(t.Context(), "mail"); err != nil || q[0].Dead == 0 {
			break
		}
	}
	s.press("q")
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// A narrow terminal has room for what matters; colours are there, and Ctrl-C is an
// end like another.
func TestTopOnANarrowTerminal(t *testing.T) {
	d := newDesk(t)
	d.put("2")
	s := d.onTerminal(40, 10, "top")
	s.until("quit")
	if !bytes.Contains(s.shown.Bytes(), []byte("\x1b[1mtq")) {
		t.Errorf("no colours in %q", &s.shown)
	}
	s.press("\x03")
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// On a terminal a question waits for its answer.
func TestAsksOnATerminal(t *testing.T) {
	d := newDesk(t)
	d.put("2")
	s := d.onTerminal(80, 24, "queues", "purge", "mail")
	s.until("This will drop 2 pending tasks of queue mail, for good. Go on? [y/N] ")
	s.press("y\n")
	s.until("2 tasks dropped")
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
