//go:build !unix

package main

import (
	"errors"
	"os"
)

// canFreeze tells whether processes can be stopped and continued here.
const canFreeze = false

func freeze(*os.Process) error { return errors.ErrUnsupported }

func thaw(*os.Process) error { return errors.ErrUnsupported }
