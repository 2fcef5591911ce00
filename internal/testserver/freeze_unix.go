//go:build unix && !linux

package testserver

import (
	"os"
	"syscall"
)

// CanFreeze tells whether processes can be stopped and continued here.
const CanFreeze = true

// Freeze stops a process where it is, or a moment later.
func Freeze(p *os.Process) error { return p.Signal(syscall.SIGSTOP) }

// Thaw lets it go on.
func Thaw(p *os.Process) error { return p.Signal(syscall.SIGCONT) }
