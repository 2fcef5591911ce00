//go:build !unix

package rabbitserver

import "os/exec"

func own(string) error { return nil }

func runUnprivileged(*exec.Cmd) {}
