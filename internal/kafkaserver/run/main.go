// Run starts a Kafka server for tests, runs a command with its address in the environment variable LEAT_TEST_KAFKA, and
// stops the server. LEAT_TEST_KAFKA_LOGIN is where clients of the same server log in. Without a command it waits for
// an interrupt.
//
//	go run ./internal/kafkaserver/run go test ./broker/kafka/...
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"

	"github.com/leat-go/leat/internal/kafkaserver"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
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

func run(ctx context.Context, command []string) (err error) {
	dir, err := os.MkdirTemp("", "leat-kafka-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, err := kafkaserver.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	if len(command) == 0 {
		fmt.Println(server.Address())
		<-ctx.Done()
		return nil
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "LEAT_TEST_KAFKA="+server.Address(), "LEAT_TEST_KAFKA_LOGIN="+server.LoginAddress())
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
