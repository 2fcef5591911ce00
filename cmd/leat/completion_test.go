package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompletion: what the command offers for the word at the cursor.
func TestCompletion(t *testing.T) {
	w := newWorkplace(t, files())
	if err := os.Mkdir(filepath.Join(w.dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]string{
		"r":                            "run",
		"s":                            "schema show sort",
		"topic ":                       "dump end load",
		"topic dump --until":           "--until-end",
		"run s":                        "speed.yaml stdout.yaml sub/",
		"run speed.yaml --dr":          "--dry-run",
		"run --progress ":              "auto plain",
		"run --progress=p":             "--progress=plain",
		"explain speed.yaml --stream ": "next prev speed",
		"show speed.yaml --stream=n":   "--stream=next",
		"show loc":                     "locations.json",
		"completion ":                  "bash fish powershell zsh",
		"help topic ":                  "dump end load",
		"sort x.json -o s":             "speed.yaml stdout.yaml sub/",
		"topic dump x --format ":       "avro json protobuf",
		"topic load --sasl p":          "plain",
		"run speed.yaml ":              "",
		"nonsense x":                   "",
		"explain nix.yaml --stream ":   "",
		"topic load bad.json ":         "",
	} {
		status, stdout, stderr := w.call("", append([]string{"complete", "--"}, strings.Split(words, " ")...)...)
		if got := strings.Join(strings.Fields(stdout), " "); got != want || status != 0 || stderr != "" {
			t.Errorf("%q: %s, want %s; status %d, %s", words, got, want, status, stderr)
		}
	}
}

// TestCompletionInShells runs the script in bash as a user's shell does, and has the other shells look at theirs.
func TestCompletionInShells(t *testing.T) {
	w := newWorkplace(t, files())
	bin := t.TempDir()
	command, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(command, filepath.Join(bin, "leat")); err != nil {
		t.Skip(err)
	}
	for shell, script := range map[string]string{
		"bash": `source <(leat completion bash); COMP_WORDS=(leat explain speed.yaml --stream = p); COMP_CWORD=5; _leat; ` +
			`echo "${COMPREPLY[@]}"; complete -p leat`,
		"zsh":  `leat completion zsh > c.zsh && zsh -n c.zsh && echo prev`,
		"fish": `leat completion fish > c.fish && fish -n c.fish && echo prev`,
	} {
		path, err := exec.LookPath("bash")
		if _, shellErr := exec.LookPath(shell); err != nil || shellErr != nil {
			t.Logf("%s isn't installed", shell)
			continue
		}
		c := exec.Command(path, "-c", script)
		c.Dir = w.dir
		c.Env = append(os.Environ(), beCommand+"=1", "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, err := c.CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "prev\n") {
			t.Errorf("%s: %v, %s", shell, err, out)
		}
	}
}
