// Time-window counts the visits of each second by the clock. A window ends on time, even if nothing arrives any more.
// The visits come live, through a pipe that stands for standard input: without file.Stdin, the program counts what
// is piped into it.
//
//	go run ./examples/time-window
package main

import (
	"context"
	_ "embed"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
)

// Visit is somebody's look at a page.
type Visit struct {
	Page string `json:"page"`
}

// Count is the number of visits in a second, and of the pages that were seen.
type Count struct {
	Visits int `json:"visits"`
	Pages  int `json:"pages"`
}

func count(visits []Visit) Count {
	pages := map[string]bool{}
	for _, v := range visits {
		pages[v.Page] = true
	}
	return Count{len(visits), len(pages)}
}

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	in, visitors := io.Pipe()
	mill, err := leat.New(count,
		leat.WindowEvery(time.Second),
		leat.Broker(file.New(
			file.At[Visit]("-"), // standard input
			file.At[Count]("-"), // standard output
			file.Stdin(in),
			file.Stdout(out),
		)),
	)
	if err != nil {
		return err
	}
	var g errgroup.Group
	g.Go(func() error { return visitors.CloseWithError(come(visitors)) })
	g.Go(func() error {
		defer in.Close() // so that nobody waits for a run that failed
		return mill.Run(ctx)
	})
	return g.Wait()
}

//go:embed visits.jsonl
var visits string

// come writes a visit every 350 milliseconds; an empty line is a pause.
func come(w io.Writer) error {
	ticks := time.NewTicker(350 * time.Millisecond)
	defer ticks.Stop()
	for visit := range strings.Lines(visits) {
		<-ticks.C
		if _, err := io.WriteString(w, visit); err != nil {
			return err
		}
	}
	return nil
}
