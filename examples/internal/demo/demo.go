// Package demo lets the examples on Kafka run on any Kafka, or show themselves on one in this process.
package demo

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leat-go/leat/pipeline/topic"
)

// Kafka is where an example finds Kafka.
type Kafka struct {
	Brokers []string
	// CA is the path of the certificate that Kafka's comes from, for an example with TLS.
	CA string
}

// A Program is an example.
type Program struct {
	// Run runs it until its streams end.
	Run func(ctx context.Context, at Kafka) error
	// Data holds by topic what a demonstration loads, JSON objects.
	Data map[string]string
	// Show are the topics that a demonstration prints in the end.
	Show []string
	// TLS says that Run connects by TLS.
	TLS bool
}

// Main runs the program with the command line's arguments, on the Kafka given by -brokers until its streams end or an
// interrupt, or shows it with -demo. It returns the exit status.
func (p Program) Main(arguments []string) int {
	flags := flag.NewFlagSet("example", flag.ContinueOnError)
	brokers := flags.String("brokers", "localhost:9092", "addresses of Kafka's brokers, separated by commas")
	try := flags.Bool("demo", false, "show the example on a Kafka in this process, with its data")
	ca := ""
	if p.TLS {
		flags.StringVar(&ca, "ca", "ca.pem", "the file with the certificate authority to trust")
	}
	if flags.Parse(arguments) != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *try {
		err = p.Demo(ctx, os.Stdout)
	} else {
		err = p.Run(ctx, Kafka{Brokers: strings.Split(*brokers, ","), CA: ca})
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Demo starts a Kafka in this process, loads the data, runs the program, and prints what it has written.
func (p Program) Demo(ctx context.Context, out io.Writer) error {
	kafka, err := topic.StartDemo(p.TLS)
	if err != nil {
		return err
	}
	defer kafka.Close()
	for _, name := range slices.Sorted(maps.Keys(p.Data)) {
		options := topic.LoadOptions{End: true, Stdin: strings.NewReader(p.Data[name])}
		if _, err := kafka.Load(ctx, "-", name, options); err != nil {
			return fmt.Errorf("the data of topic %s: %w", name, err)
		}
	}
	at := Kafka{Brokers: kafka.Brokers}
	if p.TLS {
		dir, err := os.MkdirTemp("", "leat-demo")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		at.CA = filepath.Join(dir, "ca.pem")
		if err := os.WriteFile(at.CA, kafka.CA, 0o600); err != nil {
			return err
		}
	}
	if err := p.Run(ctx, at); err != nil {
		return err
	}
	return p.show(ctx, kafka, out)
}

// show prints what the topics hold, with their names if there are several.
func (p Program) show(ctx context.Context, kafka *topic.Demo, out io.Writer) error {
	for _, name := range p.Show {
		if len(p.Show) > 1 {
			fmt.Fprintf(out, "%s:\n", name)
		}
		if _, err := kafka.Dump(ctx, name, topic.DumpOptions{UntilEnd: true}, out); err != nil {
			return err
		}
	}
	return nil
}

// Print is Demo for a testable example.
func (p Program) Print() {
	if err := p.Demo(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
}
