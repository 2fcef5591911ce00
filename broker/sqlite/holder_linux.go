package sqlite

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
)

// holder says which processes hold locks for writing on a database's file, or its shared memory in WAL mode. The list
// that it looks at is the system's: to open the file would be the end of this process's own locks.
func holder(path string) string {
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return "unknown"
	}
	var inodes []string
	for _, name := range []string{path, path + "-shm"} {
		if info, err := os.Stat(name); err == nil {
			if stat, ok := info.Sys().(*syscall.Stat_t); ok {
				inodes = append(inodes, fmt.Sprintf(":%d", stat.Ino))
			}
		}
	}
	var all []string
	for line := range strings.Lines(string(locks)) {
		// 1: POSIX ADVISORY WRITE 4711 08:01:1234 120 120
		fields := strings.Fields(line)
		if len(fields) < 8 || fields[3] != "WRITE" ||
			!slices.ContainsFunc(inodes, func(inode string) bool { return strings.HasSuffix(fields[5], inode) }) {
			continue
		}
		name, _ := os.ReadFile("/proc/" + fields[4] + "/comm")
		who := strings.TrimSpace("process " + fields[4] + " " + string(name))
		if !slices.Contains(all, who) {
			all = append(all, who)
		}
	}
	if all == nil {
		return "unknown"
	}
	return strings.Join(all, ", ")
}
