package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
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
	eventually(t, "the server has ended", func() bool { return ended(pid) })
}

// ended also counts a process whose new parent has not noticed yet.
func ended(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}
