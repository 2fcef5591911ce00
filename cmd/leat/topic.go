package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/leat-go/leat/pipeline/topic"
)

// topicCommands are the commands about Kafka topics.
type topicCommands struct {
	Load loadCommand `cmd:"" help:"Append the objects of a file to a topic, which is created if it doesn't exist."`
	Dump dumpCommand `cmd:"" help:"Write the committed records of a topic as lines of JSON, partition after partition."`
	End  endCommand  `cmd:"" help:"Put an end-of-stream mark into every partition of a topic."`
}

// clusterFlags say how to reach Kafka.
type clusterFlags struct {
	Brokers []string `env:"LEAT_BROKERS" placeholder:"HOST:PORT" help:"Addresses of Kafka brokers."`
	TLS     bool     `name:"tls" help:"Encrypt connections."`
	TLSCA   string   `name:"tls-ca" placeholder:"FILE" help:"Trust the certificate authorities in this PEM file only."`
	TLSCert string   `name:"tls-cert" placeholder:"FILE" help:"This client's certificate, a PEM file."`
	TLSKey  string   `name:"tls-key" placeholder:"FILE" help:"The private key of --tls-cert, a PEM file."`
	SASL    string   `placeholder:"MECHANISM" help:"Log in: plain, scram-sha-256 or scram-sha-512, with $$LEAT_PASSWORD."`
	User    string   `env:"LEAT_USER" placeholder:"NAME" help:"The user to log in as."`
}

// passwordVariable is where a password comes from: on a command line, all users of the machine could read it.
const passwordVariable = "LEAT_PASSWORD"

// cluster returns how to reach Kafka. Errors are wrong usage.
func (f *clusterFlags) cluster() (*topic.Cluster, error) {
	if len(f.Brokers) == 0 {
		return nil, &usageError{errors.New("no Kafka is given: say where it is by --brokers HOST:PORT, " +
			"or in the environment variable LEAT_BROKERS")}
	}
	cluster := &topic.Cluster{Brokers: f.Brokers}
	files := topic.TLSFiles{CA: f.TLSCA, Cert: f.TLSCert, Key: f.TLSKey}
	if f.TLS || files != (topic.TLSFiles{}) {
		var err error
		if cluster.TLS, err = files.Config(); err != nil {
			return nil, &usageError{err}
		}
	}
	switch password := os.Getenv(passwordVariable); {
	case f.SASL == "":
		return cluster, nil
	case !slices.Contains(topic.Mechanisms(), f.SASL):
		return nil, &usageError{fmt.Errorf("--sasl %s: there is no such mechanism, there are %s", f.SASL,
			strings.Join(topic.Mechanisms(), ", "))}
	case f.User == "":
		return nil, &usageError{errors.New("--sasl needs --user NAME, or the environment variable LEAT_USER")}
	case password == "":
		return nil, &usageError{errors.New(
			"--sasl needs a password: put it into the environment variable " + passwordVariable)}
	default:
		cluster.Login = &topic.Login{Mechanism: f.SASL, User: f.User, Password: password}
		return cluster, nil
	}
}

type loadCommand struct {
	clusterFlags
	recordFlags
	File       string `arg:"" help:"A file of JSON objects, of cells or of Parquet; - is standard input, of JSON."`
	Topic      string `arg:"" help:"The topic."`
	Key        string `placeholder:"EXPR" help:"The records' key; equal keys go to one partition."`
	Partitions int    `placeholder:"N" help:"How many partitions the topic has, and is created with; 1 unless it exists."`
	Records    bool   `help:"The objects are whole records, as leat topic dump --records writes them."`
	End        bool   `help:"Put an end-of-stream mark behind the records of every partition."`
	cellFlags  `group:"How a text file is read"`
}

// Run loads the file.
func (c *loadCommand) Run(ctx context.Context, a *app) error {
	cluster, err := c.cluster()
	if err != nil {
		return err
	}
	cells, err := c.cells().Dialect(reading)
	if err != nil {
		return err
	}
	options := topic.LoadOptions{Cells: cells, Partitions: c.Partitions, End: c.End, Records: c.Records, Stdin: a.stdin}
	switch {
	case c.Partitions < 0:
		return &usageError{fmt.Errorf("--partitions %d: a topic has at least one", c.Partitions)}
	case c.Records && c.Key != "":
		return &usageError{errors.New("--key makes keys of objects, and with --records each has its own: leave one of them out")}
	case c.KeyFormat != "" && c.Key == "" && !c.Records:
		return &usageError{errors.New("--key-format says how keys are written, and without --key EXPR or --records there are " +
			"none")}
	}
	if c.Key != "" {
		if options.Key, err = topic.CompileKey(c.Key); err != nil {
			return &usageError{fmt.Errorf("--key: %w", err)}
		}
	}
	if options.Format, err = c.encoder(ctx, c.Topic); err != nil {
		return err
	}
	loaded, err := cluster.Load(ctx, c.File, c.Topic, options)
	if err != nil {
		return c.hinted(c.File, err)
	}
	created := ""
	if loaded.Created {
		created = ", which was created"
	}
	if loaded.Warning != "" {
		fmt.Fprintln(a.stderr, "leat: warning:", loaded.Warning)
	}
	_, err = fmt.Fprintf(a.stdout, "%s loaded into %s of topic %s%s\n", count(loaded.Records, "record"),
		count(loaded.Partitions, "partition"), c.Topic, created)
	return err
}

type dumpCommand struct {
	clusterFlags
	recordFlags
	Topic    string `arg:"" help:"The topic."`
	Records  bool   `help:"Write whole records: partition, time, key, headers and value, those without a value among them."`
	UntilEnd bool   `help:"Go on until each partition's first end-of-stream mark."`
}

// Run writes the topic's records.
func (c *dumpCommand) Run(ctx context.Context, a *app) error {
	cluster, err := c.cluster()
	if err != nil {
		return err
	}
	if c.KeyFormat != "" && !c.Records {
		return &usageError{errors.New("--key-format says what keys are, which are shown with --records only")}
	}
	options := topic.DumpOptions{UntilEnd: c.UntilEnd, Records: c.Records}
	if options.Format, err = c.decoder(ctx, c.Topic); err != nil {
		return err
	}
	dumped, err := cluster.Dump(ctx, c.Topic, options, a.stdout)
	if dumped.Tombstones > 0 {
		fmt.Fprintf(a.stderr, "leat: %s without a value passed over\n", count(dumped.Tombstones, "record"))
	}
	return err
}

type endCommand struct {
	clusterFlags
	Topic string `arg:"" help:"The topic."`
}

// Run puts the marks.
func (c *endCommand) Run(ctx context.Context, a *app) error {
	cluster, err := c.cluster()
	if err != nil {
		return err
	}
	partitions, err := cluster.End(ctx, c.Topic)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s of topic %s ended\n", count(partitions, "partition"), c.Topic)
	return err
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
