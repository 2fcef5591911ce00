package topic

import "github.com/leat-go/leat/broker/kafka"

// Options returns what a [kafka.Broker] needs beside the addresses to connect to the cluster.
func (c *Cluster) Options() []kafka.Option {
	var options []kafka.Option
	if c.TLS != nil {
		options = append(options, kafka.TLS(c.TLS))
	}
	if c.Login == nil {
		return options
	}
	login := map[string]func(user, password string) kafka.Option{
		"plain": kafka.Plain, "scram-sha-256": kafka.ScramSHA256, "scram-sha-512": kafka.ScramSHA512,
	}[c.Login.Mechanism]
	return append(options, login(c.Login.User, c.Login.Password))
}
