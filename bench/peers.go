package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/leat-go/leat/bench/internal/streams"
)

// watermillPackages are what the Python program needs, in the versions that the measurements compare with: Kafka's
// client, and the compression that is the default of the clients in Go.
var watermillPackages = []string{"watermill==3.6.7", "kafka-python==3.0.12", "python-snappy==0.7.3"}

// watermill returns the Python package's program. It does some 36 elements/s of W1 on Kafka, so it gets few.
func watermill(ctx context.Context) (program, error) {
	interpreter, err := pythonWith(ctx, "watermill-3.6.7-kafka", "watermill.mill", watermillPackages...)
	if err != nil {
		return program{}, err
	}
	script, err := script("python", "peer.py")
	return program{
		name: "watermill", source: pythonSource,
		command: func(workload string, at endpoints) []string {
			return append([]string{interpreter, script, workload}, at.arguments()...)
		},
	}, err
}

// script returns the path of a file in a folder beside this one's source.
func script(folder, name string) (string, error) {
	path, err := filepath.Abs(filepath.Join(folder, name))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("run this in the folder bench: %w", err)
	}
	return path, nil
}

// pythonWith returns the path of a Python that has packages, installed into a cache folder by pip the first time;
// module is one that is there then.
func pythonWith(ctx context.Context, name, module string, packages ...string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, "leat-bench", name)
	interpreter := filepath.Join(home, "bin", "python")
	if runtime.GOOS == "windows" {
		interpreter = filepath.Join(home, "Scripts", "python.exe")
	}
	if exec.CommandContext(ctx, interpreter, "-c", "import "+module).Run() == nil {
		return interpreter, nil
	}
	if out, err := exec.CommandContext(ctx, "python3", "-m", "venv", home).CombinedOutput(); err != nil {
		return "", fmt.Errorf("python3 -m venv: %w\n%s", err, out)
	}
	install := exec.CommandContext(ctx, interpreter, append([]string{"-m", "pip", "install", "--quiet"}, packages...)...)
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("pip install %s: %w\n%s", name, err, out)
	}
	return interpreter, nil
}

// kafkaStreams returns the program in kafkastreams, which is compiled into dir.
func kafkaStreams(ctx context.Context, dir string, elements int) (program, error) {
	classPath, err := streams.Compile(ctx, "Peer.java", dir)
	if err != nil {
		return program{}, err
	}
	runs := 0
	return program{
		name: "kafka-streams", stays: true, unordered: true, lacks: []string{"W3"}, source: javaSource,
		elements: map[string]int{"W1": elements, "W2": elements, "W4": elements},
		command: func(workload string, at endpoints) []string {
			runs++
			state := filepath.Join(dir, "state-"+strconv.Itoa(runs))
			return []string{"java", "-Xmx1g", "-cp", classPath, "Peer", workload, at.kafka, at.in, at.out, state}
		},
	}, nil
}
