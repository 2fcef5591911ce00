// Command leat runs, draws and checks mills that are described in pipeline files:
//
//	leat init A B     looks at two files, topics or tables and writes a pipeline file that joins them
//	leat run FILE     joins the streams and writes the results
//	leat plan FILE    draws the join tree, as text, Mermaid or DOT
//	leat check FILE   reads the beginning and the end of every stream and reports what would join, and what is wrong
//	leat show FILE    shows the head of a stream of a pipeline file, or of a file of elements, as a table
//	leat explain FILE --key K                looks a key up in every stream and says why it joins, or why not
//	leat capture FILE --from K --to K DIR    saves what the masters with these keys need, with a pipeline file to run it
//	leat lag FILE     shows how far a pipeline has come, for each stream and partition
//	leat positions FILE                      shows the positions that are kept; --reset removes them
//
//	leat sort FILE --by EXPR -o FILE         puts the elements of a file in order, in bounded memory
//	leat convert A B                         writes the elements of a file in another format
//
//	leat topic load FILE TOPIC   appends the objects of a JSON file to a Kafka topic
//	leat topic dump TOPIC        writes what a Kafka topic holds, as lines of JSON
//	leat topic end TOPIC         puts an end-of-stream mark into every partition of a Kafka topic
//
//	leat schema       prints the JSON Schema of pipeline files, for editors
//	leat completion SHELL                    prints a script that completes commands, flags and files in a shell
//	leat help COMMAND shows how a command is called, and leat help which there are
//	leat --version    prints the version
//
// The exit status is 0 after success, 1 after a run that failed or a check that found problems, 2 for wrong usage or a
// wrong pipeline file, and 130 after an interrupt (Ctrl-C), which stops a run cleanly; a second one ends it at once.
// Errors go to standard error and begin with file, line and column where there are any. The format of pipeline files is
// described in package pipeline.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // time zones by name, on machines that have no data base of them

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/leat-go/leat/internal/suggest"
	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/avro"
	"github.com/leat-go/leat/pipeline/jsonschema"
	"github.com/leat-go/leat/pipeline/mysql"
	"github.com/leat-go/leat/pipeline/nats"
	"github.com/leat-go/leat/pipeline/postgres"
	"github.com/leat-go/leat/pipeline/protobuf"
	"github.com/leat-go/leat/pipeline/rabbitmq"
	"github.com/leat-go/leat/pipeline/redis"
	"github.com/leat-go/leat/pipeline/sqlite"
)

// The exit statuses.
const (
	statusFailed      = 1
	statusWrong       = 2
	statusInterrupted = 130
)

func main() {
	a := &app{
		stdin:    os.Stdin,
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		terminal: term.IsTerminal(int(os.Stderr.Fd())),
		results:  term.IsTerminal(int(os.Stdout.Fd())),
		asks:     term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())),
	}
	os.Exit(a.main(os.Args[1:]))
}

// An app is one call of the command.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	// terminal says that somebody looks at stderr, results that they look at stdout, and asks that they can be asked.
	terminal, results, asks bool
}

// commands is what kong parses the arguments into.
type commands struct {
	Init       initCommand       `cmd:"" help:"Look at two files, topics or tables and write a pipeline file that joins them."`
	Run        runCommand        `cmd:"" help:"Join the streams of a pipeline file and write the results."`
	Plan       planCommand       `cmd:"" help:"Draw the join tree of a pipeline file."`
	Check      checkCommand      `cmd:"" help:"Read both ends of every stream and report what would join, and what is wrong."`
	Show       showCommand       `cmd:"" help:"Show the head of a stream as a table, with types, ranges and order."`
	Explain    explainCommand    `cmd:"" help:"Look a key up in every stream and say why its elements are joined, or why not."`
	Capture    captureCommand    `cmd:"" help:"Save what a range of keys needs of every stream, with a pipeline file to run."`
	Lag        lagCommand        `cmd:"" help:"Show how far a pipeline has come, for each stream and partition."`
	Positions  positionsCommand  `cmd:"" help:"Show the positions that are kept of a pipeline, or remove them."`
	Sort       sortCommand       `cmd:"" help:"Put the elements of a file in order."`
	Convert    convertCommand    `cmd:"" help:"Write the elements of a file in another format."`
	Topic      topicCommands     `cmd:"" help:"Load, show and end Kafka topics."`
	Schema     schemaCommand     `cmd:"" help:"Print the JSON Schema of pipeline files, for editors."`
	Completion completionCommand `cmd:"" help:"Print a script that completes commands, flags and files in a shell."`
	Complete   completeCommand   `cmd:"" hidden:"" help:"Print what words may go on with, for the scripts of completion."`
	Help       helpCommand       `cmd:"" help:"Show how a command is called."`

	Version kong.VersionFlag `help:"Print the version."`
}

// main runs the command and returns its exit status.
func (a *app) main(arguments []string) int {
	parser, err := a.newParser()
	if err != nil {
		return a.report(err)
	}
	command, err := parser.Parse(arguments)
	if err != nil {
		return a.misused(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// From the first signal on, the next one has its usual effect and ends the process.
	defer context.AfterFunc(ctx, stop)()
	command.BindTo(ctx, (*context.Context)(nil))
	return a.report(command.Run(a))
}

// report prints an error and returns the exit status that it means.
func (a *app) report(err error) int {
	var wrong *pipeline.Error
	var file *fileError
	var usage *usageError
	var argument *pipeline.ArgumentError
	var stopped *stoppedError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errProblems):
		return statusFailed
	case errors.As(err, &wrong) && wrong.Line == 0:
		fmt.Fprintf(a.stderr, "leat: %v\n", wrong)
		return statusWrong
	case errors.As(err, &wrong):
		fmt.Fprintln(a.stderr, wrong)
		if a.terminal {
			fmt.Fprintln(a.stderr, wrong.Excerpt())
		}
		return statusWrong
	case errors.As(err, &file), errors.As(err, &usage), errors.As(err, &argument):
		fmt.Fprintf(a.stderr, "leat: %v\n", err)
		return statusWrong
	case errors.As(err, &stopped):
		fmt.Fprintf(a.stderr, "leat: %v\n", stopped)
		return statusInterrupted
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(a.stderr, "leat: interrupted")
		return statusInterrupted
	}
	if strings.HasPrefix(err.Error(), "write "+os.Stdout.Name()) && errors.Is(err, syscall.ENOSPC) {
		err = fmt.Errorf("standard output: the disk is full; what was written there before isn't whole: %w", err)
	}
	fmt.Fprintln(a.stderr, err)
	return statusFailed
}

// fileError says that the pipeline file itself can't be read.
type fileError struct{ err error }

// Error returns the cause's message.
func (e *fileError) Error() string {
	var path *fs.PathError
	if errors.As(e.err, &path) && errors.Is(e.err, fs.ErrNotExist) {
		return fmt.Sprintf("there is no pipeline file %s%s", path.Path, suggest.File(path.Path))
	}
	return fmt.Sprintf("the pipeline file can't be read: %v", e.err)
}

// Unwrap returns the cause.
func (e *fileError) Unwrap() error { return e.err }

// parts returns the storages that pipeline files may name beside files and Kafka, and the formats beside JSON.
func parts() []pipeline.Part {
	return []pipeline.Part{postgres.Storage(), sqlite.Storage(), mysql.Storage(), rabbitmq.Storage(), nats.Storage(),
		redis.Storage(), avro.Format(), protobuf.Format(), jsonschema.Format()}
}

// options returns the options of a run, whose warnings go to logs.
func (a *app) options(logs io.Writer) pipeline.Options {
	return pipeline.Options{
		Logger: slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Stdin:  a.stdin,
		Stdout: a.stdout,
	}
}
