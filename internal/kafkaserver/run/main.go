// Run starts Kafka for tests, runs a command with its addresses, commas between them, in the environment variable
// LEAT_TEST_KAFKA, and stops it. LEAT_TEST_KAFKA_LOGIN is where clients of the same servers log in. Without a command
// it waits for an interrupt.
//
//	go run ./internal/kafkaserver/run go test ./broker/kafka/...
//	go run ./internal/kafkaserver/run -brokers 3 go test ./broker/kafka/...
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"

	"github.com/leat-go/leat/internal/kafkaserver"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	brokers := flag.Int("brokers", 1, "how many servers work together")
	flag.Parse()
	err := run(ctx, *brokers, flag.Args())
	stop()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, brokers int, command []string) (err error) {
	dir, err := os.MkdirTemp("", "leat-kafka-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cluster, err := kafkaserver.StartCluster(ctx, dir, brokers)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	addresses := strings.Join(cluster.Addresses(), ",")
	if len(command) == 0 {
		fmt.Println(addresses)
		<-ctx.Done()
		return nil
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "LEAT_TEST_KAFKA="+addresses,
		"LEAT_TEST_KAFKA_LOGIN="+cluster.Servers[0].LoginAddress())
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
