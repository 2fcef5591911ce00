package testserver

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// CanFreeze tells whether processes can be stopped and continued here.
const CanFreeze = true

// Freeze stops a child process where it is, and returns when it stands still: the signal alone leaves its threads the time
// to do a little more, such as to commit what they were asked for.
func Freeze(p *os.Process) error {
	if err := p.Signal(unix.SIGSTOP); err != nil {
		return err
	}
	for {
		err := unix.Waitid(unix.P_PID, p.Pid, nil, unix.WSTOPPED|unix.WEXITED|unix.WNOWAIT, nil)
		switch {
		case errors.Is(err, unix.ECHILD): // somebody has waited for it
			return os.ErrProcessDone
		case !errors.Is(err, unix.EINTR):
			return os.NewSyscallError("waitid", err)
		}
	}
}

// Thaw lets it go on.
func Thaw(p *os.Process) error { return p.Signal(unix.SIGCONT) }
