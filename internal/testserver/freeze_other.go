//go:build !unix

package testserver

import (
	"errors"
	"os"
)

// CanFreeze tells whether processes can be stopped and continued here.
const CanFreeze = false

func Freeze(*os.Process) error { return errors.ErrUnsupported }

func Thaw(*os.Process) error { return errors.ErrUnsupported }
