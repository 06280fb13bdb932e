//go:build unix

package main

import (
	"syscall"
	"time"
)

// processCPU is what this process has spent in all its threads; 0 where the
// system does not say.
func processCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
