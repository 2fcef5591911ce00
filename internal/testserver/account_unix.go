//go:build unix

package testserver

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// Terminate is the signal that asks a server to end.
const Terminate = syscall.SIGTERM

// An Account is the name of the user that a server runs as where this process is root: as root some don't run, and
// others would leave files of root behind. Where there is no such user it is this process's.
type Account string

func (a Account) ids() (uid, gid int, ok bool) {
	if os.Getuid() != 0 {
		return 0, 0, false
	}
	u, err := user.Lookup(string(a))
	if err != nil {
		return 0, 0, false
	}
	uid, errUID := strconv.Atoi(u.Uid)
	gid, errGID := strconv.Atoi(u.Gid)
	return uid, gid, errUID == nil && errGID == nil
}

// Own makes a folder the account's.
func (a Account) Own(dir string) error {
	if uid, gid, ok := a.ids(); ok {
		return os.Chown(dir, uid, gid)
	}
	return nil
}

// Run has a command run as the account.
func (a Account) Run(command *exec.Cmd) {
	if uid, gid, ok := a.ids(); ok {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
}
