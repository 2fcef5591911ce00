//go:build !unix

package mariadbserver

import (
	"os"
	"os/exec"
)

func own(string) error { return nil }

func runUnprivileged(*exec.Cmd) {}

// terminate ends the server where there is no signal that asks it to.
var terminate = os.Kill
