package kafka_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
)

// apart names the variable that makes the test binary a Kafka for another process, until its standard input ends.
const apart = "LEAT_TEST_KAFKA_APART"

func TestMain(m *testing.M) {
	if os.Getenv(apart) != "" {
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serve is a Kafka that prints its addresses.
func serve() error {
	fake, err := kfake.NewCluster(kfake.NumBrokers(2))
	if err != nil {
		return err
	}
	defer fake.Close()
	fmt.Println(strings.Join(fake.ListenAddrs(), ","))
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// newApart makes a Kafka that has no memory in this process, real or not, for tests that measure it.
func newApart(t testing.TB) *cluster {
	t.Helper()
	if os.Getenv("LEAT_TEST_KAFKA") != "" {
		return newCluster(t)
	}
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), apart+"=1")
	server.Stderr = os.Stderr
	stdin, err := server.StdinPipe()
	must(t, err)
	stdout, err := server.StdoutPipe()
	must(t, err)
	must(t, server.Start())
	t.Cleanup(func() {
		if err := stdin.Close(); err != nil {
			t.Error(err)
		}
		if err := server.Wait(); err != nil {
			t.Errorf("the Kafka beside this process: %v", err)
		}
	})
	addresses, err := bufio.NewReader(stdout).ReadString('\n')
	must(t, err)
	return connect(t, &cluster{TB: t, addresses: strings.Split(strings.TrimSpace(addresses), ",")})
}
