package kafkaserver

import (
	"context"
	_ "embed" // for the list of the jars
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Version is Kafka's version.
const Version = "4.1.1"

//go:embed pom.xml
var pom []byte

// Jars returns the folder of Kafka's jars in the user's cache. The first time, Maven fetches them, which takes about
// fifteen seconds.
func Jars(ctx context.Context) (string, error) { return CopyJars(ctx, "kafka-"+Version, pom) }

// CopyJars returns the folder of the jars that a Maven project depends on, in the user's cache under the name given.
func CopyJars(ctx context.Context, name string, pom []byte) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "leat", name)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	// The folder gets its name when it is complete. A second process finds it, or loses the race and removes its own.
	temporary, err := os.MkdirTemp(filepath.Dir(dir), "jars-*")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	list, jars := filepath.Join(temporary, "pom.xml"), filepath.Join(temporary, "jars")
	if err := os.WriteFile(list, pom, 0o644); err != nil {
		return "", err
	}
	maven := exec.CommandContext(ctx, "mvn", "-q", "-B", "-f", list,
		"dependency:copy-dependencies", "-DoutputDirectory="+jars)
	if out, err := maven.CombinedOutput(); err != nil {
		return "", fmt.Errorf("copy the jars of %s: %w: %s", name, err, out)
	}
	if err := os.Rename(jars, dir); err != nil && !errors.Is(err, os.ErrExist) {
		if _, missing := os.Stat(dir); missing != nil {
			return "", err
		}
	}
	return dir, nil
}
