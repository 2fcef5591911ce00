package testserver

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// CanFreeze tells whether processes can be stopped and continued here.
const CanFreeze = true

// Freeze stops a process where it is, and returns when it stands still, if it is a child of this one: the signal alone
// leaves its threads the time to do a little more, such as to commit what they were asked for.
func Freeze(p *os.Process) error {
	if err := p.Signal(unix.SIGSTOP); err != nil {
		return err
	}
	for {
		err := unix.Waitid(unix.P_PID, p.Pid, nil, unix.WSTOPPED|unix.WEXITED|unix.WNOWAIT, nil)
		switch {
		case errors.Is(err, unix.ECHILD): // it is another's child, or has ended
			return nil
		case !errors.Is(err, unix.EINTR):
			return os.NewSyscallError("waitid", err)
		}
	}
}

// Thaw lets it go on.
func Thaw(p *os.Process) error { return p.Signal(unix.SIGCONT) }
