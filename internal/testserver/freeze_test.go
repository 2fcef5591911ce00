//go:build linux

package testserver_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/testserver"
)

// A child stands still once Freeze has returned, and a process of a child is frozen, too, though nobody can wait for it.
func TestFreeze(t *testing.T) {
	child := exec.Command("sh", "-c", "sleep 60 & echo $!; wait")
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = child.Process.Kill(), child.Wait() }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	grandchild, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = grandchild.Kill() }()
	for _, p := range []*os.Process{child.Process, grandchild} {
		if err := testserver.Freeze(p); err != nil {
			t.Errorf("freeze process %d: %v", p.Pid, err)
		}
	}
	if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child.Process.Pid)); err != nil ||
		!strings.Contains(string(state), ") T ") {
		t.Errorf("the frozen child is in the state %s, %v", state, err)
	}
	if err := testserver.Thaw(child.Process); err != nil {
		t.Error(err)
	}
}
