//go:build !unix

package postgresserver

import "os/exec"

func own(string) error { return nil }

func runUnprivileged(*exec.Cmd) {}
