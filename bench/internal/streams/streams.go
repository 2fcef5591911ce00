// Package streams compiles programs that use Kafka Streams.
package streams

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/leat-go/leat/internal/kafkaserver"
)

// Compile compiles a program of the folder kafkastreams, beside which this process runs, and what it uses of others, into a
// folder, with the jars that pom.xml names. It returns the class path to run it with.
func Compile(ctx context.Context, source, into string) (classPath string, err error) {
	pom, err := os.ReadFile(filepath.Join("kafkastreams", "pom.xml"))
	if err != nil {
		return "", fmt.Errorf("run this in the folder bench: %w", err)
	}
	jars, err := kafkaserver.CopyJars(ctx, "kafka-streams-"+kafkaserver.Version, pom)
	if err != nil {
		return "", err
	}
	classPath = filepath.Join(jars, "*")
	classes := filepath.Join(into, "classes")
	compile := exec.CommandContext(ctx, "javac", "-cp", classPath, "-sourcepath", "kafkastreams", "-d", classes,
		filepath.Join("kafkastreams", source))
	if out, err := compile.CombinedOutput(); err != nil {
		return "", fmt.Errorf("javac: %w\n%s", err, out)
	}
	return classPath + string(os.PathListSeparator) + classes, nil
}
