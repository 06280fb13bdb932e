package chaos

import "syscall"

// endWithParent has the kernel end an actor whose scenario was killed.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
