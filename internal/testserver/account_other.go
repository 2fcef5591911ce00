//go:build !unix

package testserver

import (
	"os"
	"os/exec"
)

// Terminate ends a server where there is no signal that asks it to.
var Terminate = os.Kill

// An Account is the name of the user that a server runs as, which is this process's here.
type Account string

// Own makes a folder the account's.
func (Account) Own(string) error { return nil }

// Run has a command run as the account.
func (Account) Run(*exec.Cmd) {}
