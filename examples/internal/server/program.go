// Package server lets the examples on a database or a queue run on any server, or show themselves on one that they
// start.
package server

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// A Program is an example on a server.
type Program struct {
	// Run fills the server at url with some data, runs the mill, and prints what its output holds.
	Run func(ctx context.Context, url string, out io.Writer) error
	// URL is where the server is unless -url says otherwise.
	URL string
	// Start starts a server in dir, which doesn't exist, for -demo.
	Start func(ctx context.Context, dir string) (url string, stop func() error, err error)
}

// Main runs the program with the command line's arguments: on the server at -url, or with -demo on one that it starts.
// It returns the exit status.
func (p Program) Main(arguments []string) int {
	flags := flag.NewFlagSet("example", flag.ContinueOnError)
	url := flags.String("url", p.URL, "where the server is")
	demo := flags.Bool("demo", false, "run on a server of its own, of the programs that are installed")
	if flags.Parse(arguments) != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *demo {
		err = p.demonstrate(ctx, os.Stdout)
	} else {
		if err = p.Run(ctx, *url, os.Stdout); err != nil {
			err = fmt.Errorf("%w\n(-url says where the server is, and -demo starts one)", err)
		}
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// demonstrate starts a server in a temporary folder, runs the program on it, and ends it.
func (p Program) demonstrate(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "leat-example-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil { // where this is root the server runs as another user
		return err
	}
	url, stop, err := p.Start(ctx, filepath.Join(dir, "server"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return p.Run(ctx, url, out)
}
