//go:build !linux

package redistest

import "syscall"

// endWithParent is Linux's: elsewhere a killed test process leaves its servers.
func endWithParent() *syscall.SysProcAttr { return nil }
