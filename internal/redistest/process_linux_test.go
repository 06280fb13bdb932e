package redistest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestKilledParent runs itself as another process, which starts a server and
// waits to be killed.
func TestKilledParent(t *testing.T) {
	if os.Getenv("REDISTEST_PARENT") != "" {
		fmt.Println(Start(t).PID())
		select {}
	}
	parent := exec.Command(os.Args[0], "-test.run=^TestKilledParent$")
	parent.Env = append(os.Environ(), "REDISTEST_PARENT=1", "TMPDIR="+t.TempDir())
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, readErr := bufio.NewReader(out).ReadString('\n')
	parent.Process.Kill()
	parent.Wait()
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the other process wrote %q: %v, %v", line, err, readErr)
	}
	eventually(t, "the server has ended", func() bool { return state(pid) == "" || state(pid) == "Z" })
}

// state is the letter that Linux shows for a process: R, S, T for stopped, Z for
// one whose parent has not noticed its end; "" for none.
func state(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, ok := strings.Cut(string(stat), ") ")
	if err != nil || !ok {
		return ""
	}
	return rest[:1]
}

func TestPause(t *testing.T) {
	s := Start(t)
	s.Pause(t)
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(appendCommand(nil, []string{"PING"})); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the process is stopped", func() bool { return state(s.PID()) == "T" })
	s.Resume(t)
	if reply, err := newReader(conn).read(); err != nil || reply.Text != "PONG" {
		t.Errorf("after Resume: %+v, %v", reply, err)
	}
}
