// Command sort measures leat sort beside GNU sort, a hand-written program, DuckDB and Polars, on JSON Lines and CSV whose
// elements are nearly in order, or shuffled:
//
//	python3 -m venv /tmp/peers && /tmp/peers/bin/pip install -r joins/requirements.txt
//	go run ./sort -python /tmp/peers/bin/python        both formats, both orders, 256 MB, five rounds
//	go run ./sort -format csv -order shuffled -programs leat,gnu -size 64 -rounds 1
//
// Each program runs in a process of its own, in turn. Leat, GNU sort (LC_ALL=C, -s, two threads, 256 MiB) and the hand-written
// program must write the same bytes; DuckDB and Polars, which write numbers anew and keep no order among equal keys, the same
// keys in the same order, with the same elements. It prints what each took, and the ratio to Leat within a round: above one
// where Leat is faster. Leat waits for the disk at the end; the others don't.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-go/leat/bench/internal/process"
)

func main() { os.Exit(process.Main("sort", run)) }

// partCommand is the first argument of a process that does one part: part NAME FORMAT ORDER FOLDER MEGABYTES.
const partCommand = "part"

var (
	allFormats  = []string{"json", "csv"}
	allOrders   = []string{"nearly", "shuffled"}
	allPrograms = []string{"leat", "gnu", "loop", "duckdb", "polars"}
)

// A command is what the flags say.
type command struct {
	formats, orders, programs []string
	python, folder            string
	rounds, size              int
}

func run(ctx context.Context, args []string) error {
	if len(args) == 6 && args[0] == partCommand {
		return part(args[1], job{args[2], args[3], args[4]}, args[5])
	}
	c := command{formats: allFormats, orders: allOrders, programs: allPrograms}
	flags := flag.NewFlagSet("sort", flag.ContinueOnError)
	list := func(to *[]string, name string) {
		all := *to
		flags.Func(name, "only these of "+strings.Join(all, ", ")+", with commas between them", func(text string) error {
			*to = strings.Split(text, ",")
			for _, one := range *to {
				if !slices.Contains(all, one) {
					return fmt.Errorf("%q is none of %s", one, strings.Join(all, ", "))
				}
			}
			return nil
		})
	}
	list(&c.formats, "format")
	list(&c.orders, "order")
	list(&c.programs, "programs")
	flags.StringVar(&c.python, "python", "", "a Python that has what joins/requirements.txt lists; none: no DuckDB, no Polars")
	flags.IntVar(&c.rounds, "rounds", 5, "how often")
	flags.IntVar(&c.size, "size", 256, "how many megabytes a file has")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if c.python == "" {
		c.programs = slices.DeleteFunc(slices.Clone(c.programs), isPython)
	}
	return c.measureAll(ctx)
}

func isPython(program string) bool { return program == "duckdb" || program == "polars" }

func (c *command) measureAll(ctx context.Context) (err error) {
	if c.folder, err = os.MkdirTemp("", "leat-bench-sort-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.folder)) }()
	if _, err := process.BuildLeat(ctx, c.folder); err != nil {
		return err
	}
	fmt.Println("| format | order | program | wall | it ÷ leat | CPU | its CPU ÷ leat's | peak memory |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, format := range c.formats {
		for _, order := range c.orders {
			if err := c.measure(ctx, job{format, order, c.folder}); err != nil {
				return fmt.Errorf("%s, %s: %w", format, order, err)
			}
		}
	}
	return nil
}

// measure sorts a file by all programs, in turn, and prints a line for each.
func (c *command) measure(ctx context.Context, j job) error {
	if _, _, err := c.part(ctx, "generate", j); err != nil {
		return err
	}
	samples, err := process.InTurn(c.programs, c.rounds, func(program string) (process.Cost, string, error) {
		return c.measureOne(ctx, program, j)
	}, compare)
	if err != nil {
		return err
	}
	for _, program := range c.programs {
		cells := process.Cells(samples[program], samples["leat"])
		fmt.Printf("| %s | %s | %s | %s |\n", j.format, j.order, program, strings.Join(cells, " | "))
	}
	return nil
}

// compare compares what the programs have written.
func compare(all []process.Found) error {
	var rows, text string
	for _, written := range all {
		r, t, _ := strings.Cut(written.Results, ", bytes ")
		if isPython(written.Program) {
			t = text
		}
		if rows == "" {
			rows = r
		}
		if text == "" {
			text = t
		}
		if r != rows || t != text {
			return fmt.Errorf("the programs have written different things: %v", all)
		}
	}
	return nil
}

func (c *command) measureOne(ctx context.Context, program string, j job) (cost process.Cost, sums string, err error) {
	if err := os.RemoveAll(j.path("out")); err != nil {
		return cost, "", err
	}
	if command := c.command(ctx, program, j); command != nil {
		command.Stderr = os.Stderr
		cost, err = process.Run(command)
	} else {
		cost, _, err = c.part(ctx, program, j)
	}
	if err != nil {
		return cost, "", err
	}
	_, sums, err = c.part(ctx, "sum", j)
	return cost, sums, err
}

// command returns the command that is a program; nil for one that is a part of this one.
func (c *command) command(ctx context.Context, program string, j job) *exec.Cmd {
	in, out := j.path("in"), j.path("out")
	switch program {
	case "leat":
		return exec.CommandContext(ctx, filepath.Join(c.folder, "leat"), "sort", "--quiet", in, "--by", "time", "-o", out)
	case "gnu":
		command := exec.CommandContext(ctx, "sh", "-c", gnu(j), "sort", in, out)
		command.Env = append(os.Environ(), "LC_ALL=C", "TMPDIR="+c.folder)
		return command
	case "duckdb", "polars":
		command := exec.CommandContext(ctx, c.python, filepath.Join("sort", "peer.py"), program, j.format, in, out)
		command.Env = append(os.Environ(), "POLARS_MAX_THREADS=2")
		return command
	}
	return nil
}

// gnu returns the shell's command: the key is a number behind the first colon, or the first cell of a row.
func gnu(j job) string {
	const flags = "sort --parallel=2 -S 256M -s "
	if j.format == "csv" {
		return `head -n 1 "$1" >"$2" && tail -n +2 "$1" | ` + flags + `-t , -k 1,1n >>"$2"`
	}
	return flags + `-t : -k 2,2n -o "$2" "$1"`
}

// part runs a part in a process of its own, and returns what it took and printed.
func (c *command) part(ctx context.Context, name string, j job) (cost process.Cost, printed string, err error) {
	var out strings.Builder
	command := exec.CommandContext(ctx, os.Args[0], partCommand, name, j.format, j.order, j.folder, strconv.Itoa(c.size))
	command.Stdout, command.Stderr = &out, os.Stderr
	cost, err = process.Run(command)
	return cost, out.String(), err
}

// part is what such a process does.
func part(name string, j job, size string) error {
	switch name {
	case "generate":
		megabytes, err := strconv.Atoi(size)
		if err != nil {
			return err
		}
		return generate(j, megabytes)
	case "sum":
		sums, err := sum(j)
		fmt.Print(sums)
		return err
	case "loop":
		return loop(j)
	}
	return fmt.Errorf("there is no program %q", name)
}
