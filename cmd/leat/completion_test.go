package main

import (
	"os"
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
