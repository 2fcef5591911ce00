//go:build unix

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sync/errgroup"
)

// An interactive shell is one on a pseudo terminal, whose line a key writes to a file: Ctrl-X, d.
type interactive struct {
	t        *testing.T
	w        *workplace
	terminal *os.File
	script   typescript
}

// shells are how the shells are told to complete, and to write their line.
var shells = map[string]struct {
	arguments []string
	setup     string
}{
	"bash": {[]string{"--norc", "--noprofile", "-i"}, "PS1='READY> '; bind 'set bell-style none'; bind 'set completion-query-items 0'; " +
		"bind 'set page-completions off'; source <(leat completion bash); save() { printf '%s.' \"$READLINE_LINE\" > .line; }; " +
		"bind -x '\"\\C-xd\": save'\n"},
	"zsh": {[]string{"-f", "-i"}, "PS1='READY> '; autoload -Uz compinit; compinit -u -d .zcompdump; source <(leat completion zsh); " +
		"save() { printf '%s.' \"$BUFFER\" > .line }; zle -N save; bindkey '^Xd' save; unsetopt beep\n"},
}

// newInteractive starts a shell in a workplace, with the command on its path.
func newInteractive(t *testing.T, shell string, w *workplace) *interactive {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Skipf("%s isn't installed", shell)
	}
	command := exec.Command(path, shells[shell].arguments...)
	command.Dir, command.Env = w.dir, commandOnPath(t)
	terminal, err := pty.StartWithSize(command, &pty.Winsize{Rows: 50, Cols: 200})
	if err != nil {
		t.Fatal(err)
	}
	s := &interactive{t: t, w: w, terminal: terminal}
	var reading errgroup.Group
	reading.Go(func() error {
		_, err := io.Copy(&s.script, terminal) // ends with an error where the terminal is closed
		return err
	})
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = terminal.Close()
		_ = reading.Wait()
	})
	s.send(shells[shell].setup)
	s.until("the shell to be ready", func() bool { return strings.Count(s.text(), "READY> ") > 1 })
	return s
}

// commandOnPath returns an environment in which the shells find this binary as leat.
func commandOnPath(t *testing.T) []string {
	t.Helper()
	command, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(command, filepath.Join(bin, "leat")); err != nil {
		t.Skip(err)
	}
	return append(os.Environ(), beCommand+"=1", "TERM=xterm", "HOME="+bin, "HISTFILE=", "LANG=C.UTF-8",
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func (s *interactive) send(keys string) {
	s.t.Helper()
	if _, err := io.WriteString(s.terminal, keys); err != nil {
		s.t.Fatal(err)
	}
}

func (s *interactive) text() string {
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	return s.script.text.String()
}

// until waits for something.
func (s *interactive) until(what string, holds func() bool) {
	s.t.Helper()
	ticks := time.NewTicker(20 * time.Millisecond)
	defer ticks.Stop()
	for deadline := time.Now().Add(time.Minute); !holds(); <-ticks.C {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited in vain for %s; the terminal shows\n%s", what, s.text())
		}
	}
}

// line returns what the line is once keys have been typed, and clears it.
func (s *interactive) line(keys string) string {
	s.t.Helper()
	path := filepath.Join(s.w.dir, ".line")
	_ = os.Remove(path)
	s.send(keys)
	s.send("\x18d")
	var line string
	s.until("the line", func() bool {
		content, err := os.ReadFile(path)
		line = string(content)
		return err == nil && strings.HasSuffix(line, ".")
	})
	s.send("\x15") // erases the line
	return strings.TrimSuffix(line, ".")
}

// offered returns the words that a second tab shows.
func (s *interactive) offered(keys string) []string {
	s.t.Helper()
	before := len(s.text())
	s.line(keys + "\t\t")
	s.send("#shown\x15") // what is shown before comes to this test before
	s.until("what is offered", func() bool { return strings.Contains(s.text()[before:], "#shown") })
	// Zsh shows the words as soon as the first tab finds no more to add, bash at the second one.
	return strings.Fields(regexp.MustCompile(`\x1b\[[0-9;?]*[a-zA-Z]`).ReplaceAllString(s.text()[before:], " "))
}

// TestCompletionAtThePrompt types into bash and zsh on a terminal what a user does, and looks at the line.
func TestCompletionAtThePrompt(t *testing.T) {
	callsOften(t)
	for shell := range shells {
		t.Run(shell, func(t *testing.T) {
			w := newWorkplace(t, files())
			w.write("my file.jsonl", "")
			for _, dir := range []string{"sub", "topics", "explain"} {
				if err := os.Mkdir(filepath.Join(w.dir, dir), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			w.write("sub/a.yaml", speed)
			s := newInteractive(t, shell, w)
			for typed, want := range map[string]string{
				"leat expl\t":                          "leat explain ", // though there is a directory of that name
				"leat topic d\t":                       "leat topic dump ",
				"leat run spe\t":                       "leat run speed.yaml ",
				"leat run su\ta\t":                     "leat run sub/a.yaml ",
				"leat run speed.yaml --dr\t":           "leat run speed.yaml --dry-run ",
				"leat explain speed.yaml --stream p\t": "leat explain speed.yaml --stream prev ",
				"leat show speed.yaml --stream=n\t":    "leat show speed.yaml --stream=next ",
				"leat run --progress pl\t":             "leat run --progress plain ",
				"leat run --progress=pl\t":             "leat run --progress=plain ",
				"leat show my\t":                       `leat show my\ file.jsonl `,
				"leat completion z\t":                  "leat completion zsh ",
				"leat help top\tlo\t":                  "leat help topic load ",
				"leat topic dump x --format pr\t":      "leat topic dump x --format protobuf ",
			} {
				if got := s.line(typed); got != want {
					t.Errorf("%q becomes %q, want %q", typed, got, want)
				}
			}
			for typed, want := range map[string][]string{
				"leat s":                            {"schema", "show", "sort"},
				"leat explain speed.yaml --stream ": {"next", "prev", "speed"},
				"leat topic ":                       {"dump", "end", "load"},
			} {
				got := s.offered(typed)
				for _, word := range want {
					if !slices.Contains(got, word) {
						t.Errorf("%q offers %q, want %s among it", typed, got, word)
					}
				}
			}
		})
	}
}

// TestCompletionInFish asks fish what it would offer.
func TestCompletionInFish(t *testing.T) {
	callsOften(t)
	path, err := exec.LookPath("fish")
	if err != nil {
		t.Skip("fish isn't installed")
	}
	w := newWorkplace(t, files())
	w.write("my file.jsonl", "")
	for typed, want := range map[string]string{
		"leat expl":                         "explain",
		"leat s":                            "schema show sort",
		"leat run spe":                      "speed.yaml",
		"leat explain speed.yaml --stream ": "next prev speed",
		"leat show speed.yaml --stream=n":   "--stream=next",
		"leat show my":                      "my file.jsonl",
		"leat topic dump x --format pr":     "protobuf",
	} {
		command := exec.Command(path, "--no-config", "-c", "leat completion fish | source; complete -C "+"'"+typed+"'")
		command.Dir, command.Env = w.dir, commandOnPath(t)
		out, err := command.CombinedOutput()
		if got := strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", " "); err != nil || got != want {
			t.Errorf("%q offers %q, want %q; %v", typed, got, want, err)
		}
	}
}
