//go:build !unix

package process

import "os"

// peakMemory returns zero: the system doesn't tell.
func peakMemory(*os.ProcessState) int64 { return 0 }
