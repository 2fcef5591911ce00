package topic

import (
	"crypto/tls"
	"fmt"

	"github.com/twmb/franz-go/pkg/kfake"
)

// A Demo is a Kafka in this process, for trying things out: it listens on this machine only, keeps everything in memory,
// and forgets it when it is closed. Make one with [StartDemo].
type Demo struct {
	// Cluster is how to reach it.
	Cluster
	fake *kfake.Cluster
}

// StartDemo starts a Kafka in this process; with a configuration for servers it takes TLS connections only. It must be
// closed.
func StartDemo(server *tls.Config) (*Demo, error) {
	options := []kfake.Opt{kfake.NumBrokers(1), kfake.SleepOutOfOrder()}
	if server != nil {
		options = append(options, kfake.TLS(server))
	}
	fake, err := kfake.NewCluster(options...)
	if err != nil {
		return nil, fmt.Errorf("start a Kafka in this process: %w", err)
	}
	return &Demo{Cluster{Brokers: fake.ListenAddrs()}, fake}, nil
}

// Close ends it.
func (d *Demo) Close() { d.fake.Close() }
